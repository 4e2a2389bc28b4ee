//! What a drawing shows, told by the words that name a product.

use serde::{Deserialize, Serialize};

/// What a drawing shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motif {
    /// A bag or a rucksack.
    Bag,
    /// A book.
    Book,
    /// A bottle or a jar.
    Bottle,
    /// A bowl.
    Bowl,
    /// A loaf of bread.
    Bread,
    /// A candle.
    Candle,
    /// A chair or a stool.
    Chair,
    /// A clock.
    Clock,
    /// A knife on its board.
    Knife,
    /// A lamp.
    Lamp,
    /// A mug.
    Mug,
    /// A notebook with its pencil.
    Notebook,
    /// A pan.
    Pan,
    /// A parcel: whatever is none of the others.
    #[default]
    Parcel,
    /// A plant in its pot.
    Plant,
    /// A shirt or a jumper.
    Shirt,
    /// A bar of soap.
    Soap,
    /// A folded textile.
    Textile,
    /// A teapot.
    Teapot,
    /// A tool.
    Tool,
    /// A toy.
    Toy,
}

/// The words of a product's name, or of its categories', that tell what it is.
const WORDS: [(Motif, &str, &[&str]); 21] = [
    (Motif::Bag, "bag", &["bag", "rucksack", "tote", "pouch", "backpack", "travel"]),
    (Motif::Book, "book", &["book", "novel", "atlas", "poem", "essay", "stories", "bookend", "knowledge"]),
    (
        Motif::Bottle,
        "bottle",
        &["bottle", "jar", "honey", "jam", "oil", "syrup", "vinegar", "flask", "pantry"],
    ),
    (Motif::Bowl, "bowl", &["bowl", "plate", "dish", "salt", "tableware"]),
    (Motif::Bread, "bread", &["loaf", "sourdough", "rye", "brioche", "bakery", "crispbread"]),
    (Motif::Candle, "candle", &["candle", "candles", "tealight"]),
    (Motif::Chair, "chair", &["chair", "stool", "bench", "furniture", "seat"]),
    (Motif::Clock, "clock", &["clock", "timer", "watch"]),
    (Motif::Knife, "knife", &["knife", "board", "cleaver", "knives"]),
    (Motif::Lamp, "lamp", &["lamp", "light", "lantern", "lighting"]),
    (Motif::Mug, "mug", &["mug", "cup", "beaker", "tumbler", "coffee"]),
    (Motif::Notebook, "notebook", &["notebook", "pencil", "pen", "planner", "stationery", "journal"]),
    (Motif::Pan, "pan", &["pan", "skillet", "casserole", "saucepan", "cookware", "wok"]),
    (Motif::Parcel, "parcel", &["parcel", "wrapping"]),
    (Motif::Plant, "plant", &["plant", "pot", "seeds", "herb", "vase", "fern", "planter", "plants"]),
    (Motif::Shirt, "shirt", &["shirt", "jumper", "sweater", "tee", "cardigan", "clothing", "jacket"]),
    (Motif::Soap, "soap", &["soap", "shampoo", "balm", "bath"]),
    (
        Motif::Textile,
        "textile",
        &[
            "throw",
            "towel",
            "apron",
            "blanket",
            "cushion",
            "socks",
            "scarf",
            "textiles",
            "napkin",
            "accessories",
        ],
    ),
    (Motif::Teapot, "teapot", &["teapot", "kettle"]),
    (Motif::Tool, "tool", &["tool", "secateurs", "plane", "trowel"]),
    (Motif::Toy, "toy", &["toy", "chess", "marble", "puzzle", "train", "block", "game", "play", "kite"]),
];

impl Motif {
    /// All motifs.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        WORDS.iter().map(|(motif, _, _)| *motif)
    }

    /// The motif of a product: the last word of its slug that tells one, or else the first category that does.
    pub fn of<'a>(slug: &'a str, categories: impl Iterator<Item = &'a str>) -> Self {
        std::iter::once(slug).chain(categories).find_map(of_words).unwrap_or_default()
    }

    /// Its name in the addresses of pictures.
    pub(crate) fn name(self) -> &'static str {
        WORDS.iter().find(|(motif, _, _)| *motif == self).map_or("parcel", |(_, name, _)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known, _)| *known == name).map(|(motif, _, _)| *motif)
    }
}

fn of_words(slug: &str) -> Option<Motif> {
    slug.rsplit('-').find_map(|word| {
        let tells = |known: &&str| *known == word || word.strip_suffix("s") == Some(*known);
        WORDS.iter().find(|(_, _, words)| words.iter().any(tells)).map(|(motif, _, _)| *motif)
    })
}

#[cfg(test)]
mod tests {
    use super::Motif;

    #[test]
    fn the_last_word_that_tells_decides() {
        for (slug, categories, motif) in [
            ("walnut-desk-lamp", &[][..], Motif::Lamp),
            ("enamel-mug-night-blue", &[], Motif::Mug),
            ("marble-bowl-ink", &[], Motif::Bowl),
            ("thing", &["plants", "books"], Motif::Plant),
            ("shirts", &["books"], Motif::Shirt),
            ("thing", &["things"], Motif::Parcel),
        ] {
            assert_eq!(Motif::of(slug, categories.iter().copied()), motif, "{slug}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for motif in Motif::all() {
            assert_eq!(Motif::of_name(motif.name()), Some(motif));
        }
        assert_eq!(Motif::of_name("dragon"), None);
    }
}
