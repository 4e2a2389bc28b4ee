//! For the kitchen and the table.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 10] = [
    thing("ISO-1101", "Bread Knife, Pear Wood", "knives-and-boards", 6_900, 210,
        "Twenty-two centimetres of serrated steel that goes through a crust without crushing the crumb. The handle is oiled pear wood and sits in either hand."),
    thing("ISO-1102", "Paring Knife", "knives-and-boards", 2_490, 60,
        "A short, thin blade for garlic, apples and everything that is done in the hand. It takes an edge in a minute on any stone."),
    thing("ISO-1103", "Maple Chopping Board", "knives-and-boards", 5_400, 2_300,
        "End-grain maple, four centimetres thick, that is kind to knives and closes over its own cuts. Two grooves at the sides to lift it by."),
    thing("ISO-1104", "Stoneware Mug", "tableware", 1_690, 340,
        "Thrown by hand, with a foot of bare clay and a handle with room for three fingers. A third of a litre; it likes the dishwasher.").featured(2).with(&[("Colour", &["Chalk", "Moss", "Navy", "Rust"])]),
    thing("ISO-1105", "Breakfast Bowl", "tableware", 1_890, 420,
        "A deep bowl for porridge, soup or fruit, glazed inside and bare outside. It stacks with its brothers."),
    thing("ISO-1106", "Salad Bowl, Large", "tableware", 4_250, 1_400,
        "Wide enough to toss a salad for six without losing a leaf. Matt stoneware with a speckled glaze."),
    thing("ISO-1107", "Enamel Casserole, 4 l", "cookware", 11_900, 4_600,
        "Cast iron under two coats of enamel, with a lid that lets the steam rain back onto the roast. From the stove into the oven and onto the table.").featured(5),
    thing("ISO-1108", "Copper Saucepan, 1.2 l", "cookware", 9_900, 1_100,
        "Copper outside, tin inside, and a long iron handle. It warms at once and evenly, which is all that a sauce asks for."),
    thing("ISO-1109", "Glass Kettle, 1 l", "tea-and-coffee", 3_900, 650,
        "Borosilicate glass with a lid of cork, for the stove or a spirit burner. The water is seen to simmer, so green tea is never scalded."),
    thing("ISO-1110", "Espresso Cups, Pair", "tea-and-coffee", 2_290, 310,
        "Thick porcelain that keeps a short coffee hot to the last sip. Two cups, without saucers, in a box that opens flat."),
];
