//! A case read through the rules of a redaction: for a presentation of a case that was imported without one.
//!
//! The rules are applied in two places. Where the case gives events, streams, findings and bytes, every rule counts; that is
//! what field rules need. Where any text is made ready to be shown, the patterns count once more, so that nothing that a
//! pattern finds is drawn whichever way it came. Nothing is changed in the case.

use std::cell::RefCell;
use std::sync::Arc;

use cbad::{Event, Finding, StreamKey};
use ingest::{Redaction, Redactor};

use crate::error::CaseError;
use crate::redact::random_salt;
use crate::store::Case;

/// What stands for a word that may not be shown.
const HIDDEN: &str = "⟨hidden⟩";

/// Shortest text that is looked for in sentences once it is hidden: shorter ones are in every word.
const LEAST: usize = 3;

/// Rules with a salt of their own: equal values are shown as equal tokens everywhere, and never again after.
#[derive(Clone)]
pub struct Veil {
    rules: Redaction,
    salt: Vec<u8>,
}

impl std::fmt::Debug for Veil {
    /// Without the salt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Veil").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Veil {
    /// Rules with a fresh salt.
    pub fn new(rules: Redaction) -> Result<Self, CaseError> {
        let veil = Self { rules, salt: random_salt()? };
        veil.redactor()?;
        Ok(veil)
    }

    fn redactor(&self) -> Result<Redactor, CaseError> {
        Ok(Redactor::new(&self.rules, &self.salt)?)
    }
}

thread_local! {
    // Texts are made ready to be shown in a hundred places, each of which goes through `inert` already: there the rules are a
    // property of the display. Nothing that is stored or computed asks for it.
    static SHOWN: RefCell<Option<Redactor>> = const { RefCell::new(None) };
}

/// From now on every text that is made ready to be shown on this thread goes through the patterns of the veil; without one as
/// it is.
pub fn show_through(veil: Option<&Veil>) -> Result<(), CaseError> {
    let redactor = veil.map(Veil::redactor).transpose()?;
    SHOWN.with_borrow_mut(|shown| *shown = redactor);
    Ok(())
}

/// A text without what the patterns find; `None` where this thread has no veil.
pub(crate) fn veiled_text(text: &[u8]) -> Option<String> {
    SHOWN.with_borrow_mut(|shown| {
        let redactor = shown.as_mut()?;
        let mut text = String::from_utf8_lossy(text).into_owned();
        redactor.apply_to_text(&mut text);
        Some(text)
    })
}

impl Case {
    /// From now on everything that is read from the case goes through the veil. What a search
    /// looks for is looked for in the clear.
    pub fn read_through(&mut self, veil: &Veil) -> Result<(), CaseError> {
        self.veil = Some(RefCell::new(veil.redactor()?));
        Ok(())
    }

    /// What is said in the place of exact bytes, where the case is read through a veil.
    pub(crate) fn veiled_by(&self) -> Option<String> {
        self.veil.as_ref().map(|_| "presentation".to_owned())
    }

    pub(crate) fn veil_event(&self, event: &mut Event) {
        if let Some(veil) = &self.veil {
            veil.borrow_mut().apply_to_event(event);
        }
    }

    pub(crate) fn veil_key(&self, key: &mut StreamKey) {
        if let Some(veil) = &self.veil {
            *key = veil.borrow_mut().apply_to_key(&Arc::new(key.clone())).as_ref().clone();
        }
    }

    /// A finding quotes events piece by piece and in sentences: the pieces of fields that a rule names are hidden, and their
    /// texts wherever a sentence has them; patterns go over everything.
    pub(crate) fn veil_finding(&self, finding: &mut Finding) {
        let Some(veil) = &self.veil else { return };
        let mut redactor = veil.borrow_mut();
        let mut hidden: Vec<String> = Vec::new();
        let explanation = &mut finding.explanation;
        for token in explanation.drivers.iter_mut().flat_map(|driver| &mut driver.tokens) {
            let is_path = token.shape.as_deref() == Some("field");
            if !is_path && token.field.as_deref().is_some_and(|path| redactor.names_field(path)) {
                let text = std::mem::replace(&mut token.text, HIDDEN.to_owned());
                if text.chars().count() >= LEAST && !hidden.contains(&text) {
                    hidden.push(text);
                }
            } else {
                redactor.apply_to_text(&mut token.text);
            }
        }
        // The longest first, so that no part of a longer one is left.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let texts = [&mut explanation.sentence, &mut explanation.paragraph].into_iter();
        let names = explanation
            .shifts
            .iter_mut()
            .flat_map(|shift| std::iter::once(&mut shift.name).chain(&mut shift.left_out));
        for text in texts.chain(names).chain(&mut explanation.caveats) {
            for secret in &hidden {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), HIDDEN);
                }
            }
            redactor.apply_to_text(text);
        }
    }
}
