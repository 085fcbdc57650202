//! What the tokens look like to eyes that see fewer colours, and on paper.
//!
//! Colour vision is simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation
//! of Color Vision Deficiency" (IEEE TVCG 15, 2009) at severity 1.0, in linear RGB; paper by the luminance alone. Colours are
//! compared in `OKLab` (Ottosson 2020), in which 0.02 is a difference that is just noticed side by side (CSS Color 4, gamut
//! mapping). What carries meaning has to be [`APART`], twice that.

use crate::tokens::{Ramp, THEMES, Tokens};
use egui::Color32;

/// A distance in `OKLab` from which two colours are told apart at a glance.
const APART: f32 = 0.04;

/// How many colours of a ramp have to be told apart, from its least to its most.
const STEPS: usize = 5;

const DEUTERANOPIA: [[f32; 3]; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];
const PROTANOPIA: [[f32; 3]; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const TRITANOPIA: [[f32; 3]; 3] = [
    [1.255_528, -0.076_749, -0.178_779],
    [-0.078_411, 0.930_809, 0.147_602],
    [0.004_733, 0.691_367, 0.303_900],
];
const ALL: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];
const GREY: [[f32; 3]; 3] = [LUMINANCE; 3];

/// Every kind of eye, and paper last.
const EYES: [(&str, [[f32; 3]; 3]); 5] = [
    ("every colour", ALL),
    ("deuteranopia", DEUTERANOPIA),
    ("protanopia", PROTANOPIA),
    ("tritanopia", TRITANOPIA),
    ("grey", GREY),
];

fn linear(color: Color32) -> [f32; 3] {
    [color.r(), color.g(), color.b()].map(|channel| {
        let value = f32::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &[[f32; 3]; 3], of: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * of[0] + row[1] * of[1] + row[2] * of[2])
}

fn oklab(linear: [f32; 3]) -> [f32; 3] {
    let cones = times(
        &[
            [0.412_221_46, 0.536_332_55, 0.051_445_995],
            [0.211_903_5, 0.680_699_5, 0.107_396_96],
            [0.088_302_46, 0.281_718_85, 0.629_978_7],
        ],
        linear,
    );
    times(
        &[
            [0.210_454_26, 0.793_617_8, -0.004_072_047],
            [1.977_998_5, -2.428_592_2, 0.450_593_7],
            [0.025_904_037, 0.782_771_77, -0.808_675_77],
        ],
        cones.map(f32::cbrt),
    )
}

fn distance(a: Color32, b: Color32, eye: &[[f32; 3]; 3]) -> f32 {
    let seen = |color| oklab(times(eye, linear(color)).map(|channel| channel.clamp(0.0, 1.0)));
    let (a, b) = (seen(a), seen(b));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

/// Contrast ratio of WCAG 2.2.
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color| times(&GREY, linear(color))[0];
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn shades(ramp: Ramp) -> Vec<Color32> {
    (0..STEPS).map(|step| ramp.at(step as f32 / (STEPS - 1) as f32)).collect()
}

#[test]
fn text_is_readable_on_every_surface() {
    for (theme, t) in THEMES {
        for (name, ink) in [
            ("text", t.text),
            ("strong", t.strong),
            ("weak", t.weak),
            ("danger", t.danger),
            ("warning", t.warning),
            ("good", t.good),
        ] {
            for ground in [t.ground, t.panel, t.raised, t.sunken, t.stripe] {
                let ratio = contrast(ink, ground);
                assert!(ratio >= 4.5, "{theme} {name} on {ground:?}: {ratio}");
            }
        }
        assert!(contrast(t.strong, t.selected) >= 7.0, "{theme} selected rows");
        assert!(contrast(t.on_accent, t.accent) >= 4.5, "{theme} filled accent");
        assert!(contrast(t.outline, t.panel) >= 2.0, "{theme} outlines of controls");
        for category in t.category {
            for ground in [t.panel, t.sunken, t.stripe] {
                assert!(contrast(category, ground) >= 3.0, "{theme} {category:?} on {ground:?}");
            }
        }
        for line in [t.series_a, t.series_b] {
            assert!(contrast(line, t.sunken) >= 3.0, "{theme} lines of plots");
        }
        for cost in t.cost {
            assert!(contrast(t.strong, cost) >= 7.0, "{theme} token on {cost:?}");
        }
    }
}

/// Pairs of tokens of which the colour says which is which. Not here is what a shape or a word says too: grades and levels have
/// icons of different shapes and their names, categories stand beside their names, what is selected in a plot has a wider line.
fn pairs(t: &Tokens) -> Vec<(&'static str, Color32, Color32)> {
    vec![
        ("the two lines of a plot", t.series_a, t.series_b),
        ("a selected row of a list", t.selected, t.sunken),
        ("a selected striped row", t.selected, t.stripe),
        ("a selected row of a panel", t.selected, t.panel),
        ("the span of a finding", t.span, t.sunken),
        ("the span of the selected finding", t.span_selected, t.span),
    ]
}

#[test]
fn what_carries_meaning_is_told_apart_by_every_eye_and_on_paper() {
    let mut close = Vec::new();
    for (theme, t) in THEMES {
        for (eyes, eye) in &EYES {
            for (what, a, b) in pairs(t) {
                let far = distance(a, b, eye);
                if far < APART {
                    close.push(format!("{theme}, {eyes}: {what}, {far:.3}"));
                }
            }
            // How dear a token is has a ground and a line under it, which is the thicker the dearer.
            for step in 0..3 {
                let ground = distance(t.cost[step], t.cost[step + 1], eye);
                let line = distance(t.cost_line[step], t.cost_line[step + 1], eye);
                if ground.max(line) < APART {
                    close.push(format!("{theme}, {eyes}: cost {step}, {ground:.3} and {line:.3}"));
                }
            }
        }
    }
    assert!(close.is_empty(), "{close:#?}");
}

#[test]
fn steps_of_every_ramp_are_told_apart_from_one_another_and_from_nothing() {
    let mut close = Vec::new();
    for (theme, t) in THEMES {
        for ramp in Ramp::ALL.map(|ramp| ramp.in_theme(t)) {
            for (eyes, eye) in &EYES {
                // It comes back to the lightness that it began with: on paper it is never shown.
                if ramp == Ramp::GreenYellowRed && *eyes == "grey" {
                    continue;
                }
                let shades = shades(ramp);
                for (place, a) in shades.iter().enumerate() {
                    for b in shades[place + 1..].iter().chain([&t.no_data]) {
                        let far = distance(*a, *b, eye);
                        if far < APART {
                            close.push(format!("{theme}, {eyes}, {ramp:?}: {a:?} and {b:?}, {far:.3}"));
                        }
                    }
                }
            }
        }
    }
    assert!(close.is_empty(), "{close:#?}");
}

#[test]
fn on_paper_more_is_darker_and_on_a_dark_ground_lighter() {
    for (theme, t) in THEMES {
        let shades = shades(Ramp::Grey.in_theme(t));
        let contrasts: Vec<f32> = shades.iter().map(|shade| contrast(*shade, t.ground)).collect();
        assert!(contrasts.windows(2).all(|pair| pair[0] < pair[1]), "{theme}: {contrasts:?}");
    }
    let print = THEMES.iter().find(|(theme, _)| *theme == "print").map(|(_, t)| *t).expect("it is a theme");
    assert!(Ramp::ALL.iter().all(|ramp| ramp.in_theme(print) == Ramp::Grey));
}

#[test]
fn eyes_see_what_is_published_of_them() {
    // White is white to everybody: the rows of each matrix add up to one.
    for (eyes, eye) in &EYES {
        assert!(times(eye, [1.0; 3]).iter().all(|channel| (channel - 1.0).abs() < 1e-4), "{eyes}");
    }
    // Ottosson's own check of the primaries: red has the lightness 0.628.
    let red = oklab([1.0, 0.0, 0.0]);
    assert!(
        (red[0] - 0.628).abs() < 1e-3 && (red[1] - 0.2249).abs() < 1e-3 && (red[2] - 0.1258).abs() < 1e-3
    );
}
