//! Reads severities: the words that logs use, syslog priorities, and the numbers of JSON loggers.

use crate::ansi::escape_length;
use crate::stamp;
use cbad::Severity;

/// How far after the time stamp (or the line's begin) a severity is looked for.
const SEARCHED_BYTES: usize = 64;
const SHORTEST_WORD_BYTES: usize = 3;
const LONGEST_WORD_BYTES: usize = 11;

/// The severity that a word names, whatever its case.
pub(crate) fn of_word(word: &[u8]) -> Option<Severity> {
    if !(1..=LONGEST_WORD_BYTES).contains(&word.len()) {
        return None;
    }
    let mut lower = [0; LONGEST_WORD_BYTES];
    let lower = &mut lower[..word.len()];
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"trace" | b"verbose" | b"finest" | b"finer" => Severity::Trace,
        b"debug" | b"dbg" | b"fine" => Severity::Debug,
        b"info" | b"information" | b"notice" | b"note" | b"inf" => Severity::Info,
        b"warn" | b"warning" | b"wrn" => Severity::Warn,
        b"error" | b"err" | b"severe" => Severity::Error,
        b"fatal" | b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency" | b"panic" => Severity::Fatal,
        _ => return None,
    })
}

/// Levels that are words like any other in running text, or none: those of `PostgreSQL`, of winston for Node.js (as the
/// exporter of OpenTelemetry for it maps them), of loguru, of Azure, and the letters of `MongoDB` and glog.
const OF_FIELDS: [(&str, Severity); 20] = [
    ("LOG", Severity::Info),
    ("DEBUG1", Severity::Debug),
    ("DEBUG2", Severity::Debug),
    ("DEBUG3", Severity::Debug),
    ("DEBUG4", Severity::Debug),
    ("DEBUG5", Severity::Debug),
    ("http", Severity::Debug),
    ("silly", Severity::Trace),
    ("success", Severity::Info),
    ("informational", Severity::Info),
    ("F", Severity::Fatal),
    ("E", Severity::Error),
    ("W", Severity::Warn),
    ("I", Severity::Info),
    ("D", Severity::Debug),
    ("D1", Severity::Debug),
    ("D2", Severity::Debug),
    ("D3", Severity::Debug),
    ("D4", Severity::Debug),
    ("D5", Severity::Debug),
];

/// The severity that a field for it names, whatever its case.
pub(crate) fn of_field(text: &str) -> Option<Severity> {
    let named = || OF_FIELDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
    of_word(text.as_bytes()).or_else(|| named().map(|(_, severity)| *severity))
}

/// The severity of the numbers 10, 20 … 60 that bunyan and pino write.
pub(crate) fn of_json_number(number: i64) -> Option<Severity> {
    Some(match number {
        10 => Severity::Trace,
        20 => Severity::Debug,
        30 => Severity::Info,
        40 => Severity::Warn,
        50 => Severity::Error,
        60 => Severity::Fatal,
        _ => return None,
    })
}

/// The severity of a text line whose time stamp, where it has one, takes up bytes `stamp`.
pub(crate) fn find(line: &[u8], stamp: Option<(usize, usize)>) -> Option<Severity> {
    let (stamp_start, after) = stamp.unwrap_or((0, 0));
    let early =
        glog(line, stamp_start, after).or_else(|| short(line, after)).or_else(|| leading(line, stamp_start));
    if early.is_some() {
        return early;
    }
    let word = find_word(line, after);
    let begin = word.map_or(line.len(), |(begin, _)| begin);
    let (line, word, label) = match label_before(line, after, begin) {
        Some((end, level)) => (&line[..end], None, level),
        None => (line, word.map(|(_, level)| level), None),
    };
    word.or_else(|| find_word(&line[..stamp_start], 0).map(|(_, level)| level))
        .or(label)
        .or_else(|| logcat(line, after))
        .or_else(|| cisco(line, after))
        .or_else(|| cef(line, after))
        .or_else(|| syslog_priority(line).map(|(priority, _)| of_priority(priority)))
}

/// A label of `PostgreSQL` before a place in a line: where it ends, and its level where it is no word for one elsewhere. What
/// stands behind the label may be a statement, which does not say how severe it is; two blanks after the colon tell it from
/// other text.
fn label_before(line: &[u8], after: usize, before: usize) -> Option<(usize, Option<Severity>)> {
    const LABELS: &str =
        "LOG STATEMENT DETAIL HINT CONTEXT QUERY LOCATION INFO NOTICE WARNING ERROR FATAL PANIC";
    const SHORTEST_BYTES: usize = b"LOG:  ".len();
    let near = &line[after..before.min(after + SEARCHED_BYTES)];
    if near.len() < SHORTEST_BYTES {
        return None;
    }
    let mut colons = memchr::memchr_iter(b':', near);
    let colon = colons.find(|colon| near[colon + 1..].starts_with(b"  "))?;
    let name = near[..colon].rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    let level = match name {
        b"LOG" => Some(Severity::Info),
        [b'D', b'E', b'B', b'U', b'G', b'1'..=b'5'] => Some(Severity::Debug),
        name if LABELS.split(' ').any(|label| label.as_bytes() == name) => None,
        _ => return None,
    };
    Some((after + colon + 1, level))
}

/// Abbreviations that are levels only where a line begins or right behind its time: those of Serilog and zerolog, `[FTL]`; of
/// logrus, `ERRO[0002]`; of .NET's console, `fail: Shop.Cart[0]`.
fn short(line: &[u8], after: usize) -> Option<Severity> {
    let mut begin = if after > 0 { after } else { stamp::dayless(line).unwrap_or(0) };
    loop {
        begin += match line.get(begin)? {
            b' ' | b'\t' | b'[' | b']' | b'|' => 1,
            0x1b => escape_length(&line[begin..])?,
            b'F' | b'P' | b'E' | b'D' | b'T' | b'V' | b'f' | b'd' | b't' => break,
            _ => return None,
        };
    }
    let length = line[begin..].iter().take(5).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = line[begin..].split_at(length);
    match (word, *rest.first()?) {
        (b"FTL", b' ' | b']' | b'|' | 0x1b) | (b"FATA" | b"PANI", b'[' | 0x1b) => Some(Severity::Fatal),
        (b"ERRO", b'[' | 0x1b) | (b"fail", b':' | 0x1b) => Some(Severity::Error),
        (b"DEBU", b'[' | 0x1b) | (b"dbug", b':' | 0x1b) => Some(Severity::Debug),
        (b"TRC" | b"VRB", b' ' | b']' | b'|' | 0x1b) | (b"TRAC", b'[' | 0x1b) | (b"trce", b':' | 0x1b) => {
            Some(Severity::Trace)
        }
        _ => None,
    }
}

/// The level that begins a line whose stamp comes later, as logback writes it: `INFO  [main] 2015-05-17 10:05:03`.
fn leading(line: &[u8], stamp_start: usize) -> Option<Severity> {
    let begin = escape_length(line).unwrap_or_else(|| usize::from(line.first() == Some(&b'[')));
    if begin + SHORTEST_WORD_BYTES > stamp_start {
        return None;
    }
    level_at(line, begin)
}

/// The first word that stands as a level, and where it begins.
fn find_word(line: &[u8], after: usize) -> Option<(usize, Severity)> {
    let end = line.len().min(after + SEARCHED_BYTES);
    let mut before = after.checked_sub(1).map_or(0, |before| ROLES[usize::from(line[before])]);
    let mut at = after;
    while at < end {
        let role = ROLES[usize::from(line[at])];
        if role & BEGINS != 0
            && (before & JOINS == 0 || names_channel(line, at))
            && let Some(severity) = level_at(line, at)
        {
            return Some((at, severity));
        }
        if role & COLOURS != 0
            && let Some(length) = escape_length(&line[at..])
        {
            at += length;
            // What follows a colour is a word of its own.
            before = 0;
            continue;
        }
        before = role;
        at += 1;
    }
    None
}

/// Whether a channel's name stands before what begins here, as Monolog and Laravel write it: `production.ERROR: `.
fn names_channel(line: &[u8], at: usize) -> bool {
    if at < 2 || line[at - 1] != b'.' || !line[at - 2].is_ascii_alphanumeric() {
        return false;
    }
    let length = upper_case(&line[at..]);
    length > 0 && line.get(at + length) == Some(&b':')
}

/// The length of the level in capitals that the text begins with as a word before a blank. Shorter ones than `INFO` are words of
/// other kinds too.
pub(crate) fn capitals(text: &[u8]) -> Option<usize> {
    let length = upper_case(&text[..text.len().min(LONGEST_WORD_BYTES)]);
    let is_level = length >= 4 && text.get(length) == Some(&b' ');
    (is_level && of_word(&text[..length]).is_some()).then_some(length)
}

fn upper_case(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_uppercase()).count()
}

/// Whether a process's name stands behind the level that begins here, as Celery writes it: `: WARNING/MainProcess]`.
fn names_process(before: &[u8], rest: &[u8]) -> bool {
    before.ends_with(b": ") && rest.get(upper_case(rest)) == Some(&b'/')
}

/// The level that the word at `begin` names, if it stands as one.
fn level_at(line: &[u8], begin: usize) -> Option<Severity> {
    let longest = &line[begin..line.len().min(begin + LONGEST_WORD_BYTES + 1)];
    let length = longest.iter().take_while(|byte| ROLES[usize::from(**byte)] & JOINS != 0).count();
    let length = if names_process(&line[..begin], longest) { upper_case(longest) } else { length };
    let word = &longest[..length];
    if length < SHORTEST_WORD_BYTES {
        return None;
    }
    of_word(word).filter(|_| stands_as_level(line, begin, word)).or_else(|| klog(word, &line[begin..]))
}

/// `E0517 10:05:03.123456   812 x.go:12]` of Kubernetes behind the time at which something else passed the line on.
fn klog(word: &[u8], line: &[u8]) -> Option<Severity> {
    match word {
        [letter, digits @ ..]
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) && stamp::begins(line) =>
        {
            of_glog(*letter)
        }
        _ => None,
    }
}

/// A level may begin with this letter.
const BEGINS: u8 = 1;
/// Letters, digits and what joins them to longer words, numbers, paths and names.
const JOINS: u8 = 2;
/// A sequence that colours what follows may begin with it.
const COLOURS: u8 = 4;

const ROLES: [u8; 256] = {
    let mut roles = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        roles[byte] = match (byte as u8).to_ascii_lowercase() {
            b't' | b'v' | b'd' | b'f' | b'i' | b'n' | b'w' | b'e' | b's' | b'c' | b'a' | b'p' => {
                BEGINS | JOINS
            }
            0x1b => COLOURS,
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b'$' | 0x80.. => JOINS,
            _ => 0,
        };
        byte += 1;
    }
    roles
};

/// Upper-case words are levels wherever they stand alone; others only in brackets, before a colon, or as `level=…`.
fn stands_as_level(line: &[u8], begin: usize, word: &[u8]) -> bool {
    let is_coloured = is_behind_colour(&line[..begin]);
    let before = if begin == 0 || is_coloured { b' ' } else { line[begin - 1] };
    let next = line.get(begin + word.len()).copied().unwrap_or(b' ');
    let is_upper = word.iter().all(u8::is_ascii_uppercase);
    let in_brackets = matches!(
        (before, next),
        (b'[' | b':', b']') | (b'<', b'>') | (b'(', b')') | (b'|', b'|') | (b'\t', b'\t')
    ) || is_coloured && next == 0x1b;
    let before_colon = next == b':' && matches!(before, b' ' | b'\t');
    is_upper && !matches!(before, b'=' | b'"')
        || in_brackets
        || before_colon
        || is_level_value(&line[..begin])
}

/// Whether the text ends with a sequence that colours what follows.
fn is_behind_colour(text: &[u8]) -> bool {
    const LONGEST: usize = 24;
    if text.last() != Some(&b'm') {
        return false;
    }
    let near = &text[text.len().saturating_sub(LONGEST)..];
    let escape = memchr::memrchr(0x1b, near).map(|at| &near[at..]);
    escape.is_some_and(|escape| escape_length(escape) == Some(escape.len()))
}

/// `level=`, `"level":"`, with a blank as Python writes it, and `"level"=>"` as Ruby does.
fn is_level_value(before: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"level", b"lvl", b"severity", b"loglevel"];
    let unquoted = before.strip_suffix(b"\"").map_or(before, <[u8]>::trim_ascii_end);
    let joined = [&b"=>"[..], b"=", b":"].iter().find_map(|join| unquoted.strip_suffix(*join));
    let Some(name) = joined else {
        return false;
    };
    let name = name.strip_suffix(b"\"").unwrap_or(name);
    NAMES.iter().any(|known| {
        name.len() >= known.len() && name[name.len() - known.len()..].eq_ignore_ascii_case(known)
    })
}

/// `I0517 10:05:03.123456`: the letter is part of the stamp.
fn glog(line: &[u8], start: usize, end: usize) -> Option<Severity> {
    let is_glog = end > start && line.get(start + 1).is_some_and(u8::is_ascii_digit);
    of_glog(*line.get(start).filter(|_| is_glog)?)
}

fn of_glog(letter: u8) -> Option<Severity> {
    match letter {
        b'I' => Some(Severity::Info),
        b'W' => Some(Severity::Warn),
        b'E' => Some(Severity::Error),
        b'F' => Some(Severity::Fatal),
        _ => None,
    }
}

/// Android's `… 1702  2395 D WindowManager: …`: a letter alone after the thread number.
fn logcat(line: &[u8], after: usize) -> Option<Severity> {
    let near = line.get(after..line.len().min(after + 24))?;
    let letter = near.windows(4).find(|part| {
        part[0].is_ascii_digit() && part[1] == b' ' && part[2].is_ascii_uppercase() && part[3] == b' '
    })?[2];
    Some(match letter {
        b'V' => Severity::Trace,
        b'D' => Severity::Debug,
        b'I' => Severity::Info,
        b'W' => Severity::Warn,
        b'E' => Severity::Error,
        b'F' => Severity::Fatal,
        _ => return None,
    })
}

/// Cisco's `%ASA-3-106023: Deny …`: the facility, the severity as syslog counts it, a mnemonic.
fn cisco(line: &[u8], after: usize) -> Option<Severity> {
    let near = &line[after..line.len().min(after + SEARCHED_BYTES)];
    let named = &near[memchr::memchr(b'%', near)? + 1..];
    let is_name = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_';
    let length = named.iter().take_while(is_name).count();
    match named[length..] {
        [b'-', digit @ b'0'..=b'7', b'-', ..] if length > 1 => Some(of_priority(digit - b'0')),
        _ => None,
    }
}

/// The common event format of security products, `CEF:0|vendor|product|version|id|name|severity|…`: a number to 10 or
/// a word. Source: `ArcSight`, "Common Event Format", revision 26.
fn cef(line: &[u8], after: usize) -> Option<Severity> {
    let near = &line[after..line.len().min(after + SEARCHED_BYTES)];
    let begin = after + memchr::memmem::find(near, b"CEF:")?;
    let is_escaped = |at: usize| line[begin + at - 1] == b'\\';
    let mut bars = memchr::memchr_iter(b'|', &line[begin..]).filter(|&at| !is_escaped(at));
    let (from, to) = (bars.nth(5)? + 1, bars.next()?);
    Some(match &line[begin + from..begin + to] {
        b"0" | b"1" | b"2" | b"3" | b"Low" => Severity::Info,
        b"4" | b"5" | b"6" | b"Medium" => Severity::Warn,
        b"7" | b"8" | b"High" => Severity::Error,
        b"9" | b"10" | b"Very-High" => Severity::Fatal,
        _ => return None,
    })
}

/// The priority `<34>` at the begin of a line, RFC 5424, section 6.2.1, and what follows it.
pub(crate) fn syslog_priority(line: &[u8]) -> Option<(u8, &[u8])> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=3).contains(&digits) || rest.get(digits) != Some(&b'>') {
        return None;
    }
    let priority = rest[..digits].iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    let priority = u8::try_from(priority).ok().filter(|priority| *priority <= 191)?;
    Some((priority, &rest[digits + 1..]))
}

/// The severity of a syslog priority, which is the priority modulo 8, or of journald's `PRIORITY`.
pub(crate) fn of_priority(priority: u8) -> Severity {
    match priority % 8 {
        0..=2 => Severity::Fatal,
        3 => Severity::Error,
        4 => Severity::Warn,
        5 | 6 => Severity::Info,
        _ => Severity::Debug,
    }
}

/// The severity of an HTTP answer by its status: RFC 9110, section 15.
pub(crate) fn of_http_status(status: i64) -> Option<Severity> {
    Some(match status {
        100..=399 => Severity::Info,
        400..=499 => Severity::Warn,
        500..=599 => Severity::Error,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{Debug, Error, Fatal, Info, Trace, Warn};

    #[test]
    fn levels_are_found_where_logs_write_them() {
        for (line, severity) in [
            ("148 INFO dfs.DataNode$PacketResponder: done", Some(Info)),
            (" [error] client denied", Some(Error)),
            (" [core:warn] [pid 3]", Some(Warn)),
            (" host sshd[12]: error: Received disconnect", Some(Error)),
            (" host sshd[12]: fatal: no", Some(Fatal)),
            (" level=warning msg=\"x\"", Some(Warn)),
            (": WARNING/ForkPoolWorker-1] task failed", Some(Warn)),
            (" wrote /var/ERROR/x", None),
            (" {\"level\":\"debug\"}", Some(Debug)),
            (" [main] ERROR c.e.Service - failed", Some(Error)),
            ("|TRACE|x", Some(Trace)),
            (" 1702  2395 D WindowManager: x", Some(Debug)),
            ("<34>1 host app", Some(Fatal)),
            ("<191>x", Some(Debug)),
            ("<192>x", None),
            ("LOG: x", None),
            ("<Error> x", Some(Error)),
            ("WARNING: disk", Some(Warn)),
            (" GET /error/404 HTTP/1.1", None),
            (" an error happened", None),
            (" INFORMATIONAL x", None),
            (" user=ERROR", None),
            (" pre-ERROR-post", None),
            ("", None),
            (" \u{1b}[31mERROR\u{1b}[0m shop::cart", Some(Error)),
            ("\u{1b}[33mwarn\u{1b}[39m: x", Some(Warn)),
            (" \u{1b}[36;1mmade error free\u{1b}[0m", None),
            ("] production.ERROR: x", Some(Error)),
            ("] app.WARNING: x", Some(Warn)),
            (" see java.ERROR for", None),
            ("\tinfo\tservice.go:5\tx", Some(Info)),
            (" {\"level\": \"error\", \"msg\": \"x\"}", Some(Error)),
            (" {\"level\"=>\"Error\"}", Some(Error)),
            (" 5 [Note] x", Some(Info)),
            ("fail: Shop.Cart[5]", Some(Error)),
            (" did not fail: x", None),
            (" [FTL] host terminated", Some(Fatal)),
            ("[10:05:03 VRB] x", Some(Trace)),
            ("\u{1b}[90m10:05AM\u{1b}[0m \u{1b}[31mFTL\u{1b}[0m x", Some(Fatal)),
            ("started pihole FTL on", None),
            ("ERRO[0002] failed", Some(Error)),
            ("\u{1b}[37mDEBU\u{1b}[0m[0004] x", Some(Debug)),
            ("E0517 10:05:03.123456     812 x.go:12] x", Some(Error)),
            (" W0517 10:05:03.123456     812 x.go:12] an ERROR", Some(Warn)),
            (" E0517 is a part", None),
            (" [1] a@b LOG:  statement: UPDATE jobs SET state = 'ERROR'", Some(Info)),
            (" [1] a@b STATEMENT:  SELECT 'FATAL'", None),
            (" [1] a@b ERROR:  relation", Some(Error)),
            (" [1] a@b DEBUG2:  x", Some(Debug)),
            (" 5 ERROR see CONTEXT:  x", Some(Error)),
            (" fw1 : %ASA-3-106023: Deny tcp", Some(Error)),
            (" fw1 : 5 %-3-x", None),
            (" host CEF:0|a|b\\|c|1.0|100|worm stopped|10|src=x", Some(Fatal)),
            ("CEF:0|a|b|1.0|100|login|Low|", Some(Info)),
            ("CEF:0|a|b|1.0|100|login|7", None),
        ] {
            assert_eq!(find(line.as_bytes(), None), severity, "{line}");
        }
        let late = b"ERROR [main] 2015-05-17 10:05:03,123 X.java:5 - INFO desk";
        assert_eq!(find(late, Some((13, 36))), Some(Error));
        assert_eq!(find(&late[6..], Some((7, 30))), Some(Info));
        let json = b"[pod/a/b] {\"level\": \"warn\", \"ts\": 1431857103.5, \"msg\": \"x\"}";
        assert_eq!(find(json, Some((34, 46))), Some(Warn));
        let dotnet = b"2015-05-17 10:05:03 fail: Shop[13]";
        assert_eq!(find(dotnet, Some((0, 19))), Some(Error));
        let glog = b"E0517 10:05:03.123456 main.go] x";
        assert_eq!(find(glog, Some((0, 21))), Some(Error));
    }

    #[test]
    fn words_and_numbers_map_to_the_six_ranges() {
        for (word, severity) in [
            ("Warning", Some(Warn)),
            ("NOTICE", Some(Info)),
            ("emerg", Some(Fatal)),
            ("SEVERE", Some(Error)),
            ("", None),
            ("informationally", None),
        ] {
            assert_eq!(of_word(word.as_bytes()), severity, "{word}");
        }
        assert_eq!(
            (of_field("LOG"), of_field("DEBUG3"), of_field("error")),
            (Some(Info), Some(Debug), Some(Error))
        );
        assert_eq!(
            (of_field("silly"), of_field("http"), of_field("SUCCESS"), of_field("https")),
            (Some(Trace), Some(Debug), Some(Info), None)
        );
        assert_eq!(of_json_number(50), Some(Error));
        assert_eq!(of_json_number(7), None);
    }
}
