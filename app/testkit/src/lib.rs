//! What tests of the window share: a renderer that needs no graphics card, and synthetic captures.
//!
//! For: pictures that are the same bytes on every machine, and captures whose odd stretch is known.
//! Never: part of the program that is shipped.

pub mod captures;
mod raster;

pub use raster::CpuRenderer;
