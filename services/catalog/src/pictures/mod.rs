//! Pictures of products that have none of their own: drawings, each a pure function of its name, and the name one of the
//! product. So the same product always looks the same, and nothing is stored.

mod drawing;
mod motif;
mod motifs;
mod name;
mod palette;
mod pen;

use crate::domain::Picture;
pub(crate) use drawing::{HEIGHT, WIDTH, draw, version};
pub use motif::Motif;
pub(crate) use name::{PictureName, View};

/// The pictures drawn of a product, the best first, up to `count`.
pub(crate) fn drawn(slug: &str, name: &str, motif: Motif, count: usize) -> Vec<Picture> {
    let picture = |(view, _): &(View, &str)| Picture {
        url: format!("/api/v1/pictures/{}.svg", PictureName::of(slug, motif, *view)),
        alt: match view {
            View::Front => name.to_owned(),
            View::Detail => format!("{name}, seen from close by"),
            View::Room => format!("{name}, in a room"),
        },
        width: WIDTH,
        height: HEIGHT,
    };
    View::ALL.iter().take(count).map(picture).collect()
}
