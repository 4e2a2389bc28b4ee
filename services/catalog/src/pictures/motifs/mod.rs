//! The things that are drawn, each on a canvas of 800 by 800, standing at about y = 620 or hanging on the wall.

mod home;
mod kitchen;
mod leisure;
mod paper;
mod vessels;
mod wear;

use super::{Motif, pen::Pen};

/// How a thing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On a table or on the floor.
    Stands,
    /// On a wall.
    Hangs,
    /// Flat, seen from above.
    Lies,
}

/// How the thing is kept.
pub(super) fn place(motif: Motif) -> Place {
    match motif {
        Motif::Clock | Motif::Shirt => Place::Hangs,
        Motif::Knife | Motif::Notebook | Motif::Tool => Place::Lies,
        _ => Place::Stands,
    }
}

/// How large the thing is shown as a whole, in percent: low things have room around them.
pub(super) fn size(motif: Motif) -> i32 {
    match motif {
        Motif::Bowl | Motif::Mug | Motif::Parcel | Motif::Teapot | Motif::Textile | Motif::Toy => 122,
        Motif::Bread | Motif::Soap => 116,
        Motif::Bag | Motif::Book | Motif::Candle => 108,
        Motif::Pan => 104,
        _ => 100,
    }
}

/// What is worth a look from close by.
pub(super) fn focus(motif: Motif) -> (i32, i32) {
    match motif {
        Motif::Bag => (400, 380),
        Motif::Book | Motif::Notebook => (430, 340),
        Motif::Bottle => (400, 360),
        Motif::Bowl | Motif::Bread | Motif::Soap | Motif::Textile => (390, 500),
        Motif::Candle => (400, 340),
        Motif::Chair => (400, 400),
        Motif::Clock => (400, 340),
        Motif::Knife => (400, 420),
        Motif::Lamp => (400, 320),
        Motif::Mug | Motif::Teapot => (420, 400),
        Motif::Pan => (380, 480),
        Motif::Parcel => (400, 440),
        Motif::Plant => (400, 340),
        Motif::Shirt => (400, 300),
        Motif::Tool => (330, 300),
        Motif::Toy => (400, 480),
    }
}

/// Draws the thing.
pub(super) fn draw(motif: Motif, pen: &mut Pen) {
    match motif {
        Motif::Bag => wear::bag(pen),
        Motif::Book => paper::book(pen),
        Motif::Bottle => vessels::bottle(pen),
        Motif::Bowl => vessels::bowl(pen),
        Motif::Bread => kitchen::bread(pen),
        Motif::Candle => home::candle(pen),
        Motif::Chair => home::chair(pen),
        Motif::Clock => home::clock(pen),
        Motif::Knife => kitchen::knife(pen),
        Motif::Lamp => home::lamp(pen),
        Motif::Mug => vessels::mug(pen),
        Motif::Notebook => paper::notebook(pen),
        Motif::Pan => kitchen::pan(pen),
        Motif::Parcel => paper::parcel(pen),
        Motif::Plant => leisure::plant(pen),
        Motif::Shirt => wear::shirt(pen),
        Motif::Soap => home::soap(pen),
        Motif::Teapot => vessels::teapot(pen),
        Motif::Textile => wear::textile(pen),
        Motif::Tool => leisure::tool(pen),
        Motif::Toy => leisure::toy(pen),
    }
}
