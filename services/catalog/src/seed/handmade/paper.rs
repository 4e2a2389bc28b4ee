//! To read and to write.

use super::{Handmade, thing};

pub(super) const PRODUCTS: [Handmade; 9] = [
    thing("ISO-1401", "Dot-Grid Notebook, A5", "notebooks", 1_690, 290,
        "A hundred and ninety-two numbered pages that lie flat, two ribbons and a pocket at the back. The paper takes ink without a shadow."),
    thing("ISO-1402", "Weekly Planner", "notebooks", 1_990, 260,
        "A week on the left, a blank page on the right, and no dates: begin when you like. Bound in linen."),
    thing("ISO-1403", "Drawing Pencils, Box of Twelve", "writing", 2_150, 120,
        "From 4H to 6B in cedar wood, in a tin that closes with a click. The leads are glued along their length and survive a fall."),
    thing("ISO-1404", "The Lighthouse Letters", "stories", 1_800, 360,
        "A novel in letters between a keeper and the woman who paints his rock from the shore. Sewn, 312 pages, with a map.").reduced().featured(8),
    thing("ISO-1405", "Eleven Quiet Stories", "stories", 1_600, 290,
        "Short stories in which almost nothing happens and everything is different afterwards. Sewn, 208 pages.").reduced(),
    thing("ISO-1406", "A Small Book of Bread", "knowledge", 2_400, 540,
        "Thirty loaves that need flour, water, salt and time, each with the mistakes that the author made first. With photographs of the mistakes.").reduced(),
    thing("ISO-1407", "The Patient Garden", "knowledge", 2_800, 720,
        "A guide through twelve months of doing less in the garden and seeing more. Drawings on every page; an index that is of use.").reduced(),
    thing("ISO-1408", "Atlas of Invented Islands", "knowledge", 3_200, 1_050,
        "Forty islands that are on no chart, each with its coast, its winds and its one law. Large format, printed in five colours.").reduced(),
    thing("ISO-1409", "Poems for Waiting Rooms", "stories", 1_200, 160,
        "Poems that are over before your name is called. Fits a coat pocket; 96 pages.").reduced(),
];
