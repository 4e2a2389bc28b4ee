//! What draws: shapes, one after the other, the later ones over those before.

use std::fmt::{Display, Write};

use super::palette::Palette;

/// Fills that every drawing has at hand, by the names of their gradients. Light comes from the left.
pub(super) const BODY: &str = "url(#b)";
pub(super) const ACCENT: &str = "url(#a)";
pub(super) const WOOD: &str = "url(#o)";
pub(super) const METAL: &str = "url(#m)";
pub(super) const PAPER: &str = "url(#p)";

/// A drawing under way.
pub(super) struct Pen {
    text: String,
    pub colours: &'static Palette,
    seed: u32,
}

impl Pen {
    pub fn new(seed: u32) -> Self {
        Self { text: String::with_capacity(6_000), colours: Palette::of(seed), seed }
    }

    /// One of `count` ways to draw a part, chosen by the product: each part by digits of its own.
    pub fn choose(&self, part: u32, count: u32) -> u32 {
        (self.seed >> (part * 5 % 24)) % 32 * count / 32
    }

    pub fn raw(&mut self, text: impl Display) {
        // A string takes all that is written to it.
        let _ = write!(self.text, "{text}");
    }

    pub fn ellipse(&mut self, centre: (i32, i32), radii: (i32, i32), fill: &str) {
        let ((x, y), (rx, ry)) = (centre, radii);
        self.raw(format_args!("<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\" fill=\"{fill}\"/>"));
    }

    pub fn rectangle(&mut self, corner: (i32, i32), size: (i32, i32), round: i32, fill: &str) {
        let ((x, y), (width, height)) = (corner, size);
        self.raw(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" fill=\"{fill}\"/>"
        ));
    }

    pub fn path(&mut self, path: &str, fill: &str) {
        self.raw(format_args!("<path d=\"{path}\" fill=\"{fill}\"/>"));
    }

    /// A part that lets through what is below: `opacity` in percent.
    pub fn veil(&mut self, path: &str, fill: &str, opacity: u32) {
        self.raw(format_args!("<path d=\"{path}\" fill=\"{fill}\" opacity=\".{opacity:02}\"/>"));
    }

    pub fn line(&mut self, path: &str, stroke: &str, width: i32) {
        self.raw(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        ));
    }

    /// A line that lets through what is below: `opacity` in percent.
    pub fn faint_line(&mut self, path: &str, stroke: &str, width: i32, opacity: u32) {
        self.raw(format_args!("<g opacity=\".{opacity:02}\">"));
        self.line(path, stroke, width);
        self.raw("</g>");
    }

    /// The shadow of a thing on what it stands on.
    pub fn shadow(&mut self, centre: (i32, i32), radii: (i32, i32)) {
        self.ellipse(centre, radii, "url(#s)");
    }

    pub fn finish(self) -> String {
        self.text
    }
}
