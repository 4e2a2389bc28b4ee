//! To wear and to carry.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 8] = [
    thing("ISO-1301", "Oxford Shirt", "shirts", 6_900, 240,
        "Long-staple cotton, woven thick enough to go without ironing. Buttons of corozo nut, and one to spare inside.").featured(7).with(&[("Size", &["S", "M", "L", "XL"]), ("Colour", &["White", "Blue"])]),
    thing("ISO-1302", "Linen Shirt", "shirts", 7_900, 200,
        "Light linen with a small stand-up collar, for the days when a collar is too much. Washed once, creased for ever.").with(&[("Size", &["S", "M", "L"]), ("Colour", &["Chalk", "Olive"])]),
    thing("ISO-1303", "Merino Jumper", "shirts", 11_900, 380,
        "A round neck and long cuffs, knitted in one piece from fine merino. It does not itch, and it airs clean overnight.").with(&[("Size", &["S", "M", "L", "XL"]), ("Colour", &["Charcoal", "Mustard", "Plum"])]),
    thing("ISO-1304", "Heavy Cotton T-Shirt", "shirts", 2_900, 210,
        "Two hundred and thirty grams to the square metre, with a collar that keeps its shape. Organic cotton, dyed after it was sewn.").with(&[("Size", &["S", "M", "L", "XL"]), ("Colour", &["White", "Navy", "Moss"])]),
    thing("ISO-1305", "Wool Scarf", "accessories", 4_900, 190,
        "Two metres of soft lambswool with a fringe. Woven on a loom that is older than anyone who works there."),
    thing("ISO-1306", "Canvas Tote", "bags", 2_400, 310,
        "Heavy canvas with a flat bottom and handles that go over a coat. It carries fifteen kilograms and a baguette.").with(&[("Colour", &["Chalk", "Navy", "Rust"])]),
    thing("ISO-1307", "Weekend Bag", "bags", 18_900, 1_600,
        "Room for two days and a pair of shoes. Waxed cotton, leather handles, and a zip that was made for tents."),
    thing("ISO-1308", "Wash Bag", "bags", 3_200, 140,
        "Stands by itself and hangs from its own hook. Lined with a cloth that is wiped clean."),
];
