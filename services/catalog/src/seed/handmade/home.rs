//! For the rooms of a house.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 14] = [
    thing("ISO-1201", "Paper Lantern Lamp", "lighting", 4_900, 600,
        "Washi paper over a bamboo frame, 40 centimetres across. It gives a soft, even light and folds flat when you move."),
    thing("ISO-1202", "Reading Lamp, Brass", "lighting", 12_900, 2_100,
        "An arm in three joints and a shade that stays cool. It reaches over the back of a chair, and dims with a turn."),
    thing("ISO-1203", "Three-Legged Stool", "furniture", 8_900, 3_400,
        "Three legs never wobble. Turned from ash and soaped, with a seat that was hollowed by hand.").featured(6),
    thing("ISO-1204", "Spindle Chair", "furniture", 24_900, 5_200,
        "A light chair with nine spindles and a steam-bent bow. It weighs five kilograms and holds a hundred and fifty."),
    thing("ISO-1205", "Rocking Chair", "furniture", 39_900, 9_800,
        "Long runners that never tip, wide arms for a cup and a book. Beech, oiled; it comes in four parts with one tool."),
    thing("ISO-1206", "Bath Towel", "textiles", 2_900, 520,
        "Waffle-woven cotton that dries in an hour and gets softer every week. With a loop that does not tear off.").with(&[("Size", &["50 x 100", "70 x 140"]), ("Colour", &["White", "Sage", "Slate"])]),
    thing("ISO-1207", "Linen Napkins, Set of Four", "textiles", 3_400, 220,
        "Heavy linen with a mitred hem, washed before it was cut so that it does not shrink. Forty-five centimetres square."),
    thing("ISO-1208", "Quilted Blanket", "textiles", 12_900, 1_900,
        "Cotton outside and wool inside, stitched in long waves. Two metres by one and a half: for a bed, a sofa or a cold train."),
    thing("ISO-1209", "Stoneware Vase", "decoration", 3_600, 1_200,
        "A narrow neck for one branch, a heavy foot against cats. No two have the same run of glaze."),
    thing("ISO-1210", "Table Clock", "decoration", 4_400, 450,
        "A small clock with a large face and an alarm that begins softly. The case is one piece of walnut."),
    thing("ISO-1211", "Pillar Candle", "decoration", 1_450, 560,
        "Poured from rapeseed wax, seven centimetres across. It burns for sixty hours and smells of nothing."),
    thing("ISO-1212", "Rosemary Soap", "bath", 790, 110,
        "Cold-stirred from olive oil with rosemary from the same valley. It dries for six weeks before it is cut."),
    thing("ISO-1213", "Oat Milk Soap", "bath", 750, 110,
        "A mild bar for faces and small children, with oat milk and no scent at all. Wrapped in paper, not in plastic."),
    thing("ISO-1214", "Nail Brush, Beech", "bath", 990, 70,
        "Bristles for the hands on one side and for the nails on the other. The beech is waxed and may lie in the wet."),
];
