//! How well what was typed fits a name: its letters in order, better where they begin words or follow one another.
//!
//! Letters apart fit nearly every sentence, so a sentence is only searched for whole words or how they begin.

/// Points for a letter, for one that follows the last one found, and for one that begins a word.
const LETTER: i32 = 1;
const FOLLOWS: i32 = 6;
const BEGINS: i32 = 8;

/// How well `typed` fits `text`, higher is better; `None` where a letter is not there. Words may come in any order.
pub(crate) fn fit(typed: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut sum = 0;
    for word in typed.split_whitespace() {
        let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
        sum += fit_word(&word, &text)?;
    }
    // Of two that fit alike the shorter one is meant.
    Some(sum * 16 - (text.len() as i32).min(200))
}

/// Whether each word of `typed` stands in `text` with its letters together.
pub(crate) fn stands(typed: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// Whether each word of `typed` begins a word of one of these texts.
pub(crate) fn begins(typed: &str, texts: &[&str]) -> bool {
    let of = |text: &&str| {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        words.collect::<Vec<_>>()
    };
    let words: Vec<String> = texts.iter().flat_map(of).collect();
    typed.to_lowercase().split_whitespace().all(|typed| words.iter().any(|word| word.starts_with(typed)))
}

fn begins_word(text: &[char], at: usize) -> bool {
    at == 0 || !text[at - 1].is_alphanumeric()
}

/// The best of the greedy readings, one from each place of the first letter. Every letter begins a word or follows the one
/// before it: anything is somewhere in “Presenter window on or off”.
fn fit_word(word: &[char], text: &[char]) -> Option<i32> {
    let starts = (0..text.len()).filter(|at| begins_word(text, *at) || text[*at..].starts_with(word));
    let starts = starts.filter(|at| text.get(*at) == word.first());
    starts.filter_map(|start| fit_from(word, text, start)).max()
}

fn fit_from(word: &[char], text: &[char], start: usize) -> Option<i32> {
    let (mut at, mut sum, mut last) = (start, 0, None);
    for letter in word {
        let stands = |here: &usize| {
            begins_word(text, *here) || *here == start || last.is_some_and(|last: usize| last + 1 == *here)
        };
        at = (at..text.len()).filter(stands).find(|here| text[*here] == *letter)?;
        sum += LETTER;
        if begins_word(text, at) {
            sum += BEGINS;
        }
        if last.is_some_and(|last: usize| last + 1 == at) {
            sum += FOLLOWS;
        }
        last = Some(at);
        at += 1;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_fit_and_words_in_any_order() {
        for (typed, text) in [
            ("", "Zoom in"),
            ("zi", "Zoom in"),
            ("CASE open", "Open case…"),
            ("opc", "Open case…"),
            ("über", "Über alles"),
        ] {
            assert!(fit(typed, text).is_some(), "{typed} {text}");
        }
        assert_eq!(fit("xyz", "Zoom in"), None);
        assert_eq!(fit("niz", "Zoom in"), None, "not in order");
        assert_eq!(fit("on", "Zoom in"), None, "apart, and no word begins there");
        assert!(fit("oom", "Zoom in").is_some());
    }

    #[test]
    fn a_sentence_has_whole_words_or_how_they_begin() {
        for (typed, holds, how_it_begins) in [
            ("", true, true),
            ("LAT tok", true, true),
            ("tency", true, false),
            ("tks", false, false),
            ("tokens zoom", false, false),
        ] {
            assert_eq!(stands(typed, "Messages, tokens (and latency)."), holds, "{typed}");
            assert_eq!(begins(typed, &["Messages,", "tokens (and latency)."]), how_it_begins, "{typed}");
        }
    }

    #[test]
    fn what_begins_words_or_stands_together_comes_first() {
        let better = |typed, a, b| assert!(fit(typed, a) > fit(typed, b), "{typed}: {a} before {b}");
        better("zoom", "Zoom in", "Frozen moon of jazz");
        better("se", "Settings…", "Reset zoom");
        better("show", "Show all", "Show problems");
        better("sf", "Show finding", "Stuff");
    }
}
