use super::*;
use crate::builder::StreamBuilder;
use crate::event::{ByteRange, Event, Signal};
use crate::watch::Unwatched;
use rand_chacha::rand_core::Rng;
use std::io::Write as _;

fn key() -> StreamKey {
    StreamKey { signal: Signal::Log, service: Some("shop".to_owned()), name: "logs".to_owned() }
}

fn stream(lines: &[&str]) -> Stream {
    let mut builder = StreamBuilder::new(key());
    for line in lines {
        builder.push(&Event::new(*line, ByteRange::default()));
    }
    builder.finish()
}

/// The shop log with twelve foreign lines in window 100 of the automatic plan.
fn shop() -> Stream {
    let mut lines: Vec<&str> = include_str!("../tests/data/shop.log").lines().collect();
    // Different ones: a foreign line that repeats itself soon costs no more than one that is known.
    let foreign = [
        "kernel: EXT4-fs error (device sda1): remounting filesystem read-only after journal abort",
        "sshd[4242]: Failed password for invalid user oracle from 203.0.113.9 port 51422 ssh2",
        "systemd[1]: Started Session 118 of user backup, unit logrotate.service failed its condition check",
        "cron: pam_unix(cron:session): session opened for user www-data by (uid=0)",
        "dhclient: bound to 192.0.2.17, renewal in 1532 seconds; XMT solicit on eth0 interval 10900ms",
        "named: lame server resolving 'example.net' (in 'net'?): connection timed out, FORMERR",
    ];
    for (at, line) in (1002..1050).step_by(4).zip(foreign.iter().cycle()) {
        lines[at] = line;
    }
    stream(&lines)
}

/// Written from docs/METHOD.md alone: plain loops, nothing reused, libraries called as anybody would.
fn naive(stream: &Stream, window: usize, codec: &str, statistic: &str, m: u32) -> (f64, u32, Vec<f64>) {
    let (size, n) = (50, stream.len());
    let start = (window * 10).min(n - size);
    // A fiftieth of the stream's windows begin in one group, which shares a baseline a tenth of the stream away.
    let (guard, group) = (n / 10, n / 50 / 10);
    let first = window / group * group * 10;
    let end = (first + (group - 1) * 10 + size).min(n);
    let outside: Vec<usize> = (0..n).filter(|&p| p + guard < first || p >= (end + guard).min(n)).collect();
    let mut deck: Vec<usize> = (0..size).map(|j| outside[j * outside.len() / size]).collect();
    deck.extend(start..start + size);
    let texts: Vec<Vec<u8>> = (0..n)
        .map(|p| {
            let mut text = Vec::new();
            stream.append_canonical(stream.sequence[p], &mut text);
            text
        })
        .collect();
    let value = |deck: &[usize]| {
        let text = |part: &[usize]| part.iter().flat_map(|&p| texts[p].clone()).collect::<Vec<u8>>();
        let size_of = |part: &[usize]| coded_bits(codec, &text(part));
        let (b, w, bw) = (size_of(&deck[..size]), size_of(&deck[size..]), size_of(deck));
        match statistic {
            "ncd" => (bw as f64 - b.min(w) as f64) / b.max(w) as f64,
            _ => bw as f64 - b as f64,
        }
    };
    let observed = value(&deck);
    let mut null = Vec::new();
    for index in 0..m {
        let mut seed = b"driftlock canonical test 1\0".to_vec();
        seed.extend(42_u64.to_le_bytes());
        for word in ["log", "shop", "logs", codec] {
            seed.extend((word.len() as u64).to_le_bytes());
            seed.extend(word.as_bytes());
        }
        seed.extend((window as u32).to_le_bytes());
        seed.extend(index.to_le_bytes());
        let mut rng = ChaCha20Rng::from_seed(Sha256::digest(seed).into());
        let mut shuffled = deck.clone();
        for i in 0..shuffled.len() {
            let bound = (shuffled.len() - i) as u64;
            let draw = loop {
                let product = u64::from(rng.next_u32()) * bound;
                if product % (1 << 32) >= (1 << 32) % bound {
                    break product >> 32;
                }
            };
            shuffled.swap(i, i + draw as usize);
        }
        null.push(value(&shuffled));
    }
    let extreme = null.iter().filter(|v| **v >= observed).count() as u32;
    (observed, extreme, null)
}

fn coded_bits(codec: &str, text: &[u8]) -> usize {
    8 * match codec {
        "zstd" => {
            let mut fresh = zstd::bulk::Compressor::new(3).expect("a level");
            fresh.include_contentsize(false).expect("a parameter");
            fresh.compress(text).expect("a frame").len()
        }
        "lz4" => lz4_flex::block::compress_prepend_size(text).len(),
        _ => {
            let mut fresh = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            fresh.write_all(text).expect("a Vec takes every byte");
            fresh.finish().expect("a Vec takes every byte").len()
        }
    }
}

#[test]
fn agrees_with_a_naive_implementation_to_the_last_digit() {
    let stream = shop();
    for (codec, statistic, window, m) in [
        (CodecName::Zstd, Statistic::Ncd, 100, 300),
        (CodecName::Zstd, Statistic::Delta, 7, 100),
        (CodecName::Lz4, Statistic::Delta, 100, 100),
        (CodecName::Lz4, Statistic::Ncd, 180, 60),
        (CodecName::Gzip, Statistic::Ncd, 100, 60),
        (CodecName::Gzip, Statistic::Delta, 33, 60),
    ] {
        let test = canonical_test(&stream, &Config::default(), window, codec, statistic, m, &Unwatched)
            .expect("a window of the plan");
        let (observed, extreme, null) = naive(&stream, window as usize, codec.name(), statistic.name(), m);
        let what = format!("{} {}", codec.name(), statistic.name());
        assert_eq!(test.observed.to_bits(), observed.to_bits(), "{what}");
        assert_eq!(test.extreme, extreme, "{what}");
        assert_eq!(test.null_sha256, sha256_of(&null), "{what}");
        let p = (f64::from(extreme) + 1.0) / f64::from(m + 1);
        assert_eq!(test.p, PValue { value: p, floor: 1.0 / f64::from(m + 1), n: m }, "{what}");
        let (least, greatest) = null.iter().fold((f64::MAX, f64::MIN), |(l, g), v| (l.min(*v), g.max(*v)));
        assert_eq!((test.null.least, test.null.greatest), (least, greatest), "{what}");
        assert_eq!(test.null.counts.iter().sum::<u32>(), m, "{what}");
    }
}

#[test]
fn foreign_lines_have_a_small_p_under_the_delta_of_any_codec_and_threads_change_nothing() {
    let stream = shop();
    for codec in CodecName::ALL {
        if codec::info_of(codec).absent.is_some() {
            continue;
        }
        let test = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let config = Config::default();
            pool.install(|| canonical_test(&stream, &config, 100, codec, Statistic::Delta, 99, &Unwatched))
                .expect("a window of the plan")
        };
        let one = test(1);
        assert!(one.p.value <= 0.05, "{}: {:?}", codec.name(), one.p);
        assert_eq!(test(2), one);
        assert_eq!(test(8), one);
    }
}

/// Over windows dealt at random p is uniform: each of ten equal parts of [0, 1] has its share.
#[test]
fn over_shuffled_lines_p_is_uniform() {
    let mut lines: Vec<&str> = include_str!("../tests/data/shop.log").lines().take(600).collect();
    let mut parts = [0_u32; 10];
    for round in 0..40_u64 {
        lines.sort_by_cached_key(|line| Sha256::digest(format!("{round} {line}")).to_vec());
        let mut order: Vec<u32> = (0..lines.len() as u32).collect();
        shuffle(&mut order, &mut ChaCha20Rng::seed_from_u64(round));
        let shuffled: Vec<&str> = order.iter().map(|&i| lines[i as usize]).collect();
        let stream = stream(&shuffled);
        for window in [2, 40, 60] {
            let config = Config { seed: round, ..Config::default() };
            let test =
                canonical_test(&stream, &config, window, CodecName::Lz4, Statistic::Delta, 99, &Unwatched)
                    .expect("a window of the plan");
            parts[((test.p.value * 10.0).ceil() as usize - 1).min(9)] += 1;
        }
    }
    // Nine degrees of freedom: the 0.1 % point of chi-square is 27.9; 120 values in ten parts.
    let chi: f64 = parts.iter().map(|&n| (f64::from(n) - 12.0).powi(2) / 12.0).sum();
    assert!(chi < 27.9, "{parts:?}");
}

#[test]
fn what_cannot_be_tested_says_why() {
    let stream = shop();
    let test = |stream: &Stream, window, m| {
        canonical_test(stream, &Config::default(), window, CodecName::Zstd, Statistic::Ncd, m, &Unwatched)
    };
    assert_eq!(test(&stream, 0, 0), Err(TestError::NoPermutations));
    assert!(matches!(test(&stream, 9999, 9), Err(TestError::NoWindow { window: 9999, windows: 1.. })));
    let short = super::tests::stream(&["a", "b"]);
    assert!(matches!(test(&short, 0, 9), Err(TestError::NotScored { .. })));
    let openzl =
        canonical_test(&stream, &Config::default(), 0, CodecName::Openzl, Statistic::Ncd, 2, &Unwatched);
    match openzl {
        Ok(test) => assert!(cfg!(feature = "openzl") && test.codec.absent.is_none()),
        Err(error) => assert!(matches!(error, TestError::Absent { codec: CodecName::Openzl, .. }), "{error}"),
    }
}

struct CancelAfter(AtomicU64);

impl Watch for CancelAfter {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        assert!(stage == Stage::Test && done <= total && total == 500, "{done} of {total}");
    }
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn a_cancelled_test_stops() {
    let watch = CancelAfter(AtomicU64::new(30));
    let config = Config::default();
    let stopped = canonical_test(&shop(), &config, 3, CodecName::Zstd, Statistic::Ncd, 500, &watch);
    assert_eq!(stopped, Err(TestError::Cancelled));
}

#[test]
fn a_histogram_counts_every_value_once() {
    let histogram = Histogram::of(&[0.0, 1.0, 2.0, 39.9, 40.0]);
    assert_eq!((histogram.least, histogram.greatest, histogram.counts.len()), (0.0, 40.0, 40));
    assert_eq!((histogram.counts[0], histogram.counts[1], histogram.counts[39]), (1, 1, 2));
    let equal = Histogram::of(&[3.0, 3.0]);
    assert_eq!((equal.least, equal.greatest, equal.counts), (3.0, 3.0, vec![2]));
}
