//! Captures that are made up, with what is odd in them known; and a renderer for tests of the window.
//!
//! For: [`synth`], a company whose telemetry has labelled faults, for benchmarks and for `driftlock synth`;
//! [`captures`], a few lines for quick tests; with the feature `window`, pictures that are the same bytes on every
//! machine. Never: reads a clock, depends on another crate of the project, brings the renderer into what is shipped.

pub mod captures;
#[cfg(feature = "window")]
mod raster;
pub mod synth;

#[cfg(feature = "window")]
pub use raster::CpuRenderer;
