use super::*;
use proptest::prelude::*;

/// The tokens of a text, one a line of the answer: literals as they stand, shapes by the mark that the codes see.
fn marks(text: &str) -> String {
    let mut out = Vec::new();
    tokenize(text.as_bytes(), |t| {
        let space = if t.space { "_" } else { "" };
        let mark = t.shape.canonical(t.shape.identity(t.text)).into_owned();
        out.push(format!("{space}{}", String::from_utf8_lossy(&mark)));
    });
    out.join(" ")
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(marks(text), *expected, "{text}");
    }
}

#[test]
fn words_stay_words() {
    check(&[
        ("GET /a", "GET _/ a"),
        ("a  b", "a   _b"),
        ("eth0 k8s", "eth 0 _k 8 s"),
        ("deadbeef cafe feedface decade", "deadbeef _cafe _feedface _decade"),
        ("cafe01 worker12 utf8 v1beta1", "cafe 01 _worker 12 _utf 8 _v 1 beta 1"),
        ("status 503 exit 137", "status _503 _exit _137"),
        ("HTTP/1.1 Firefox/22.0 2.0", "HTTP / 1.1 _Firefox / 22.0 _2.0"),
        ("nginx 1.9.4 6.0.0-rc1", "nginx _1.9.4 _6.0.0 - rc 1"),
        ("std::mem a::b dead::beef", "std : : mem _a : : b _dead : : beef"),
        ("May contain nuts", "May _contain _nuts"),
        ("us-east-1d node-3m", "us - east - 1 d _node - 3 m"),
        ("100%2C 1st 2xlarge", "100 % 2 C _1 st _2 xlarge"),
        ("root@localhost me@ @you", "root @ localhost _me @ _@ you"),
    ]);
}

#[test]
fn numbers_by_their_digits_units_by_their_magnitude() {
    check(&[
        ("id 12345 x=-12345 -7", "id _#5 _x = -#5 _- 7"),
        ("blk_-1608999687919862906", "blk _ - #16"),
        ("load 0.523 12.345 -1.5e-7 6.02e23", "load _#.0 _#.2 _-#.0 _#.24"),
        ("in 123 ms, 12ms, 1.5s 3m20s", "in _#t26 , _#t23 , _#t30 _#t37"),
        ("took 900us 900µs 5 minutes 2h", "took _#t19 _#t19 _#t38 _#t42"),
        ("44B 12MB 3.4 GiB 175208 bytes 512Mi", "#s5 _#s23 _#s31 _#s17 _#s29"),
        ("97% 3.5% 250%", "#p9 _#p0 _#p10"),
        ("5 s 10 m 3 d", "#t32 _10 _m _3 _d"),
    ]);
}

#[test]
fn identifiers_by_their_shape() {
    check(&[
        ("1.2.3.4:80 10.0.0.1. 1.2.3.400", "#ip : 80 _#ip . _1.2.3.400"),
        ("10.1.0.0/16", "#ip / 16"),
        ("fe80::1%eth0 ::1 2001:db8:0:0:0:0:0:1", "#ip6 % eth 0 _#ip6 _#ip6"),
        ("[::ffff:10.0.0.1]:443", "[ #ip6 ] : 443"),
        ("00:1a:2b:3c:4d:5e 00-1A-2B-3C-4D-5E", "#mac _#mac"),
        ("deadbeef01 9CA71D 0x7ffd1234abcd", "#x10 _#x6 _#x12"),
        ("d41d8cd98f00b204e9800998ecf8427e", "#x32"),
        ("sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha 1 _#x40"),
        ("0b8f7c1e-1111-2222-3333-444455556666", "#uuid"),
        ("abcdefab-1111-2222-3333-444455556666", "#uuid"),
        ("a1b2c3 xk29fj3kd01jf8sk2", "#x6 _#id"),
        ("zz9plural5 q7w8e9r0", "zz 9 plural 5 _#c8"),
        ("<ann.lee+x@mail.example.org>, mailto:a@b.io.", "< #email > , _mailto : #email ."),
        ("https://api.example.com/v1", "https:// api . example . com / v 1"),
        ("postgres://admin:s3cr3t@db/shop", "postgres:// #user @ db / shop"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_1", "#jwt"),
        ("key=q7Zt2Xk/9vRbM3+aLp0YwQe1Jc==", "key = #b64"),
        ("/presentations/LogStash2/Images/Foo", "/ presentations / LogStash 2 / Images / Foo"),
        ("arn:aws:s3:::bucket/key7", "arn:aws:s3 #cloud"),
        ("i-0abc123def456789a vol-049df61146c4d7901", "#cloud _#cloud"),
        ("checkout-7d9f8c6b5-x2x4z web-x2x4z", "checkout #pod _web #pod"),
        ("/subscriptions/0b8f7c1e-1111-2222-3333-444455556666/x", "/ subscriptions / #uuid / x"),
    ]);
}

#[test]
fn time_stamps_in_a_text() {
    check(&[
        ("at 2026-11-21T07:31:32.5Z", "at _#dt"),
        ("2026-11-21 07:31:32,123 +01:00 x", "#dt _x"),
        ("on 2026-11-21, 2026/11/21", "on _#date , _#date"),
        ("20261121T073132Z", "#dt"),
        ("07:31:32 10:05", "#time _10 : 05"),
        ("[21/Nov/2026:07:31:32 +0000]", "[ #day ]"),
        ("Sat, 21 Nov 2026 07:31:32 +0000", "Sat , _#day"),
        ("Nov 21 07:31:32 host", "#sys _host"),
        ("exp=1795246292 1795246292123 1795246292123456789", "exp = #es _#ems _#ens"),
        ("2026-13-41 25:61:00", "#4 - 13 - 41 _25 : 61 : 00"),
    ]);
}

#[test]
fn what_a_redaction_left_reads_as_what_was_there() {
    check(&[
        ("from ⟨ipv4:0123abcd⟩:80 by ⟨email:0123abcd⟩.", "from _#ip : 80 _by _#email ."),
        ("card ⟨card:0123abcd⟩ user⟨custom-1:99999999⟩x", "card _#rcard _user #rcustom-1 x"),
        ("⟨note⟩ ⟨email⟩", "#rnote _#email"),
        ("⟨⟩ ⟨Email:1⟩ ⟨email:0123abc⟩", "⟨⟩ _⟨Email : 1 ⟩ _⟨email : #4 abc⟩"),
    ]);
}

#[test]
fn magnitudes_are_monotone_and_readable() {
    let mut last = i16::MIN;
    for value in [-8.0, -1.0, 0.0, 1e-20, 0.5, 1.0, 1.4, 1.5, 2.0, 1e9] {
        let Shape::Magnitude(step) = magnitude_shape(value) else { panic!("a magnitude") };
        assert!(step >= last, "{value}");
        last = step;
    }
    for (shape, words) in [
        (magnitude_shape(1.6), "value 1.5-2"),
        (duration_shape(100_000_000), "duration 67 ms-134 ms"),
        (Shape::WrittenDuration(63), "written duration 9223372036.9 s-18446744073.7 s"),
        (Shape::Size(23), "size 8 MiB-16 MiB"),
        (Shape::Size(63), "size 8 EiB-16 EiB"),
        (Shape::Number { digits: 5, negative: true }, "negative number of 5 digits"),
        (Shape::Decimal { decade: 2, negative: false }, "decimal number 1e1-1e2"),
    ] {
        assert_eq!(shape.describe().as_deref(), Some(words));
    }
}

/// Pieces that recognisers begin with, end with, or stumble over.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<&'static [u8]> = vec![
        b"10.0.0.1",
        b"::",
        b":",
        b"fe80",
        b"eyJhbGciOi.",
        b"a@b.co",
        b"@",
        b"://",
        b"arn:aws:s3:::",
        b"i-0a1b2c3d",
        b"2026-11-21",
        b"T07:31:32",
        b"Nov 21 07:31:32",
        b"21/Nov/2026:",
        b"e-7",
        b"12ms",
        b"3m",
        b"1.5",
        b"%",
        b" MB",
        b"0x",
        b"-7d9f8c6b5-x2x4z",
        b"==",
        b"\xe2\x9f\xa8email:0123abcd\xe2\x9f\xa9",
        b"\xe2\x9f\xa8",
        b"\xff",
        b" ",
        b"99999999999999999999999999",
        b"MIIBIjANBgkqhkiG9w0BAQEF",
        b"+",
        b"-",
        b"/",
        b"\xc2\xb5s",
        b".",
    ];
    prop_oneof![
        prop::sample::select(seeds).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..6),
        "[ -~]{0,8}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn every_byte_is_in_one_token(pieces in prop::collection::vec(piece(), 0..12)) {
        let text = pieces.concat();
        let mut at = 0;
        tokenize(&text, |t| {
            at += usize::from(t.space);
            assert!(!t.text.is_empty());
            assert!(!t.space || text[at - 1] == b' ');
            assert_eq!(t.text, &text[at..at + t.text.len()]);
            assert!(!t.shape.canonical(t.shape.identity(t.text)).is_empty());
            at += t.text.len();
        });
        prop_assert_eq!(at, text.len());
    }
}
