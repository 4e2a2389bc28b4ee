//! The names of drawings: all that a drawing is made from.

use super::Motif;

/// From where a product is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum View {
    /// As a whole.
    Front,
    /// Close by.
    Detail,
    /// In a room.
    Room,
}

impl View {
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Front, "front"), (Self::Detail, "detail"), (Self::Room, "room")];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(view, _)| *view == self).map_or("front", |(_, name)| name)
    }
}

/// A drawing: `mug-1f3a9c02-front`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PictureName {
    pub motif: Motif,
    /// Chooses the colours (its highest digit) and the small differences between two of a kind.
    pub seed: u32,
    pub view: View,
}

/// Colours that a name may tell, and the palette of each.
const COLOURS: [(&str, u32); 22] = [
    ("blue", 0),
    ("navy", 0),
    ("indigo", 0),
    ("ink", 0),
    ("green", 1),
    ("moss", 1),
    ("sage", 1),
    ("olive", 1),
    ("red", 2),
    ("rust", 2),
    ("terracotta", 2),
    ("yellow", 3),
    ("honey", 3),
    ("mustard", 3),
    ("brass", 3),
    ("grey", 4),
    ("slate", 4),
    ("charcoal", 4),
    ("white", 5),
    ("chalk", 5),
    ("plum", 6),
    ("rose", 7),
];

impl PictureName {
    /// The drawing of a product, seen from somewhere.
    pub fn of(slug: &str, motif: Motif, view: View) -> Self {
        // FNV-1a: the same on every machine and in every version.
        let hash = slug
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // Its low bits are the better mixed ones; the palette is told by the high ones.
        let hash = hash.rotate_right(7);
        let told = slug.split('-').find_map(|word| COLOURS.iter().find(|(name, _)| *name == word));
        let seed = match told {
            Some((_, palette)) => (hash & 0x0fff_ffff) | (palette << 28),
            None => hash,
        };
        Self { motif, seed, view }
    }

    /// Reads a name; `None` for all that no drawing has.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let motif = Motif::of_name(parts.next()?)?;
        let digits = parts.next()?;
        let view = parts.next()?;
        let view = View::ALL.iter().find(|(_, known)| *known == view).map(|(view, _)| *view)?;
        let is_plain =
            digits.len() == 8 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if parts.next().is_some() || !is_plain {
            return None;
        }
        Some(Self { motif, seed: u32::from_str_radix(digits, 16).ok()?, view })
    }
}

impl std::fmt::Display for PictureName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:08x}-{}", self.motif.name(), self.seed, self.view.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Motif, PictureName, View};

    #[test]
    fn names_are_read_as_they_are_written_and_no_others() {
        for (view, _) in View::ALL {
            let name = PictureName::of("enamel-mug", Motif::Mug, view);
            assert_eq!(PictureName::parse(&name.to_string()), Some(name));
        }
        for wrong in [
            "",
            "mug",
            "mug-00000000",
            "mug-0000000-front",
            "mug-0000000G-front",
            "mug-0000000A-front",
            "mug-+0000000-front",
            "dragon-00000000-front",
            "mug-00000000-back",
            "mug-00000000-front-front",
            "../mug",
        ] {
            assert_eq!(PictureName::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_colour_that_the_name_tells_is_taken() {
        let palette = |slug: &str| PictureName::of(slug, Motif::Shirt, View::Front).seed >> 28;
        assert_eq!((palette("shirt-m-blue"), palette("shirt-m-red")), (0, 2));
        assert_eq!(palette("shirt-s-blue"), palette("shirt-xl-navy"));
    }
}
