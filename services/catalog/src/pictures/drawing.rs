//! A drawing as SVG: a room with light from the left, and the thing in it.

use super::{
    PictureName, View,
    motifs::{self, Place},
    pen::Pen,
};

/// In pixels.
pub(crate) const WIDTH: u32 = 800;
/// In pixels.
pub(crate) const HEIGHT: u32 = 800;

/// Draws a picture. The same name gives the same bytes.
pub(crate) fn draw(name: PictureName) -> String {
    let PictureName { motif, seed, view } = name;
    let mut pen = Pen::new(seed);
    pen.raw(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">"
    ));
    gradients(&mut pen);
    let place = motifs::place(motif);
    match view {
        View::Front => {
            room(&mut pen, place);
            let size = motifs::size(motif);
            // Larger things keep their feet where they are.
            let (left, top) = (400 - 4 * size, 620 - 62 * size / 10);
            pen.raw(format_args!("<g transform=\"translate({left} {top}) scale({})\">", fraction(size)));
            motifs::draw(motif, &mut pen);
            pen.raw("</g>");
        }
        View::Detail => {
            let (x, y) = motifs::focus(motif);
            let (left, top) = (400 - x * 9 / 5, 400 - y * 9 / 5);
            pen.raw(format_args!("<g transform=\"translate({left} {top}) scale(1.8)\">"));
            room(&mut pen, place);
            motifs::draw(motif, &mut pen);
            pen.raw("</g><rect width=\"800\" height=\"800\" fill=\"url(#v)\"/>");
        }
        View::Room => {
            room(&mut pen, if place == Place::Hangs { place } else { Place::Stands });
            furnish(&mut pen, place);
            let transform = match place {
                Place::Stands => "translate(76 198) scale(.72)",
                Place::Hangs => "translate(152 84) scale(.62)",
                Place::Lies => "translate(148 150) scale(.6)",
            };
            pen.raw(format_args!("<g transform=\"{transform}\">"));
            motifs::draw(motif, &mut pen);
            pen.raw("</g><rect width=\"800\" height=\"800\" fill=\"url(#v)\"/>");
        }
    }
    pen.raw("</svg>");
    pen.finish()
}

/// The drawing's `ETag`: FNV-1a of its text.
pub(crate) fn version(svg: &str) -> String {
    let hash = svg.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}

/// Percent as SVG writes a factor.
fn fraction(percent: i32) -> String {
    format!("{}.{:02}", percent / 100, percent % 100)
}

fn gradients(pen: &mut Pen) {
    let colours = pen.colours;
    pen.raw("<defs>");
    for (name, [shade, plain, light]) in [
        ("b", colours.body),
        ("a", colours.accent),
        ("o", ["#7d5836", "#a97e54", "#cda77b"]),
        ("m", ["#6f7479", "#a9aeb3", "#e6e9eb"]),
        ("p", ["#d3c8b3", "#efe7d8", "#fdfaf3"]),
    ] {
        pen.raw(format_args!(
            "<linearGradient id=\"{name}\"><stop offset=\"0\" stop-color=\"{plain}\"/><stop offset=\".28\" stop-color=\"{light}\"/>\
             <stop offset=\".6\" stop-color=\"{plain}\"/><stop offset=\"1\" stop-color=\"{shade}\"/></linearGradient>"
        ));
    }
    let [near, far] = colours.wall;
    pen.raw(format_args!(
        "<radialGradient id=\"w\" cx=\".32\" cy=\".28\" r=\".95\"><stop offset=\"0\" stop-color=\"{near}\"/>\
         <stop offset=\"1\" stop-color=\"{far}\"/></radialGradient>"
    ));
    let [near, far] = colours.table;
    pen.raw(format_args!(
        "<linearGradient id=\"t\" x2=\".25\" y2=\"1\"><stop offset=\"0\" stop-color=\"{near}\"/>\
         <stop offset=\"1\" stop-color=\"{far}\"/></linearGradient>"
    ));
    pen.raw(
        "<radialGradient id=\"s\"><stop offset=\"0\" stop-color=\"#2a1d10\" stop-opacity=\".5\"/>\
         <stop offset=\".55\" stop-color=\"#2a1d10\" stop-opacity=\".24\"/><stop offset=\"1\" stop-color=\"#2a1d10\" stop-opacity=\"0\"/></radialGradient>\
         <radialGradient id=\"g\"><stop offset=\"0\" stop-color=\"#fff3cf\" stop-opacity=\".95\"/>\
         <stop offset=\"1\" stop-color=\"#fff3cf\" stop-opacity=\"0\"/></radialGradient>\
         <radialGradient id=\"v\" r=\".8\"><stop offset=\".6\" stop-color=\"#20160c\" stop-opacity=\"0\"/>\
         <stop offset=\"1\" stop-color=\"#20160c\" stop-opacity=\".16\"/></radialGradient></defs>",
    );
}

/// The wall, and what things stand on.
fn room(pen: &mut Pen, place: Place) {
    pen.rectangle((0, 0), (800, 800), 0, "url(#w)");
    if place == Place::Stands {
        pen.rectangle((0, 540), (800, 260), 0, "url(#t)");
        pen.rectangle((0, 538), (800, 4), 0, pen.colours.table[1]);
        pen.veil("M0 542 H800 V580 H0 Z", "#fff", 10);
    }
}

/// What a room has besides: the light of a window, and a picture on the wall, a shelf, or a table seen from above.
fn furnish(pen: &mut Pen, place: Place) {
    let [shade, plain, light] = pen.colours.accent;
    if place == Place::Lies {
        pen.rectangle((0, 0), (800, 800), 0, "url(#t)");
        for y in [150, 330, 500, 690] {
            pen.faint_line(&format!("M0 {y} Q400 {} 800 {y}", y - 14), pen.colours.table[1], 4, 55);
        }
    }
    pen.veil("M40 60 L190 30 L250 330 L100 400 Z", "#fff", 35);
    pen.veil("M215 25 L345 0 L405 262 L275 318 Z", "#fff", 28);
    match place {
        Place::Stands => {
            pen.veil("M586 82 H726 V262 H586 Z", "#2a1d10", 12);
            pen.rectangle((580, 72), (140, 176), 2, "#f7f2e9");
            pen.rectangle((595, 87), (110, 146), 0, light);
            pen.path("M595 233 V172 Q632 140 660 166 T705 150 V233 Z", plain);
            pen.ellipse((676, 118), (13, 13), shade);
        }
        Place::Hangs => {
            pen.veil("M90 704 H710 V722 H90 Z", "#2a1d10", 18);
            pen.rectangle((80, 680), (640, 24), 3, "url(#o)");
            pen.rectangle((596, 606), (74, 74), 10, "url(#a)");
            pen.ellipse((633, 606), (37, 9), shade);
            for leaf in [
                "M633 604 C628 560 604 540 588 520",
                "M633 604 C636 552 640 530 646 500",
                "M633 604 C644 566 664 548 682 534",
            ] {
                pen.line(leaf, "#62795a", 6);
            }
        }
        Place::Lies => {
            pen.raw("<circle cx=\"668\" cy=\"196\" r=\"92\" fill=\"#2a1d10\" opacity=\".16\"/>");
            pen.ellipse((656, 180), (92, 92), "#efe8db");
            pen.ellipse((656, 180), (60, 60), light);
            pen.ellipse((656, 180), (52, 52), "#4a2e1b");
            pen.veil("M620 160 Q640 136 668 140 Q640 150 630 176 Z", "#fff", 30);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{draw, version};
    use crate::pictures::{Motif, PictureName, View};

    #[test]
    fn a_name_always_gives_the_same_drawing() {
        let drawn = GOLDEN.map(|(name, _)| version(&draw(PictureName::parse(name).expect("a name"))));
        assert_eq!(
            drawn.each_ref().map(|version| version.trim_matches('"')),
            GOLDEN.map(|(_, golden)| golden)
        );
    }

    const GOLDEN: [(&str, &str); 3] = [
        ("mug-1f3a9c02-front", "5fd8cdee599e8343"),
        ("shirt-00000000-detail", "e9af00c2233a0281"),
        ("plant-ffffffff-room", "06583915c25747e9"),
    ];

    #[test]
    fn drawings_are_small_and_differ_and_load_nothing() {
        let mut versions = HashSet::new();
        for motif in Motif::all() {
            for (view, _) in View::ALL {
                for seed in [0, 0x1234_5678, 0x89ab_cdef, u32::MAX] {
                    let svg = draw(PictureName { motif, seed, view });
                    assert!(svg.len() < 20_000, "{motif:?}: {} bytes", svg.len());
                    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
                    assert_eq!(svg.matches("<g").count(), svg.matches("</g").count());
                    for forbidden in ["<script", "href", "<style", "<image", "onload", "<foreignObject"] {
                        assert!(!svg.contains(forbidden), "{motif:?} has {forbidden}");
                    }
                    versions.insert(version(&svg));
                }
            }
        }
        assert_eq!(versions.len(), Motif::all().count() * View::ALL.len() * 4);
    }
}
