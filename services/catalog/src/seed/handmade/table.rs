//! To eat, to plant and to play with.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 13] = [
    thing("ISO-1501", "Sourdough Rye Loaf", "bakery", 690, 1_000,
        "Rye, water, salt and a sourdough that is fed every evening. Baked dark; best on the second day and good on the sixth.").reduced(),
    thing("ISO-1502", "Seeded Crispbread", "bakery", 540, 250,
        "Thin, loud and full of sesame, flax and pumpkin seeds. Keeps for months, which has never been tried.").reduced(),
    thing("ISO-1503", "Forest Honey, 500 g", "pantry", 1_150, 720,
        "Dark honey from the edge of a beech wood, strained and never heated. It may set; a warm bath loosens it.").reduced(),
    thing("ISO-1504", "Olive Oil, 0.75 l", "pantry", 1_890, 1_250,
        "Pressed on the day of the harvest from one grove of old trees. Grassy, a little sharp at the end. In a dark bottle.").reduced(),
    thing("ISO-1505", "Apricot Jam", "pantry", 620, 380,
        "Two parts fruit, one part sugar and a stone's kernel for the bitter note. Cooked in small pans, so every jar is a little different.").reduced(),
    thing("ISO-1506", "Rose Hip Syrup", "pantry", 890, 620,
        "For pancakes, sparkling water and colds. Picked after the first frost, as it should be.").reduced(),
    thing("ISO-1507", "Mountain Oolong Tea, 100 g", "pantry", 1_690, 130,
        "Rolled leaves that open over five infusions, from flowers to butter to stone. In a tin that closes well.").reduced(),
    thing("ISO-1508", "Potted Fern", "plants", 1_990, 1_600,
        "A sword fern that forgives a dark corner and one forgotten watering. In a pot of terracotta with a saucer."),
    thing("ISO-1509", "Terracotta Planter, 30 cm", "plants", 2_690, 4_800,
        "Thick terracotta that breathes and stands frost. The rim is made to be lifted by."),
    thing("ISO-1510", "Watering Can, 5 l", "garden-tools", 3_290, 980,
        "A long spout, a fine rose and a balance that is right when full. Galvanised steel."),
    thing("ISO-1511", "Wooden Train", "toys", 3_900, 870,
        "An engine and three wagons of beech, coupled by magnets and painted with colours that may be chewed. Fits all common tracks."),
    thing("ISO-1512", "Building Blocks, Sixty Pieces", "toys", 4_500, 2_900,
        "Beech and maple in twelve shapes, all multiples of one small cube. In a box on wheels."),
    thing("ISO-1513", "Jigsaw Puzzle, Harbour", "games", 2_450, 780,
        "A thousand pieces of grey board that fit with a sound. A harbour at six in the morning, painted for this puzzle."),
];
