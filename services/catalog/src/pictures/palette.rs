//! The colours of a drawing: a room, a thing and what goes with it.

/// Colours as they stand in SVG.
pub(super) struct Palette {
    /// The wall, where the light falls and where it does not.
    pub wall: [&'static str; 2],
    /// What things stand on, near the light and far from it.
    pub table: [&'static str; 2],
    /// The thing: in shade, as it is, in light.
    pub body: [&'static str; 3],
    /// What goes with it: in shade, as it is, in light.
    pub accent: [&'static str; 3],
}

const fn palette(
    wall: [&'static str; 2],
    table: [&'static str; 2],
    body: [&'static str; 3],
    accent: [&'static str; 3],
) -> Palette {
    Palette { wall, table, body, accent }
}

/// The first eight are those that a product's name may ask for: blue, green, red, yellow, grey, white, plum and rose.
const PALETTES: [Palette; 16] = [
    palette(
        ["#f3eee6", "#ddd3c4"],
        ["#d9c3a5", "#b99b78"],
        ["#1f3553", "#34557f", "#5f83ad"],
        ["#b9803a", "#d9a45b", "#efcb94"],
    ),
    palette(
        ["#f2efe4", "#dcd6c3"],
        ["#d8c7a9", "#b7a07c"],
        ["#3d5138", "#5d7653", "#8ba37f"],
        ["#c0a27a", "#e0c9a4", "#f3e5cb"],
    ),
    palette(
        ["#f6ece3", "#e3d0c0"],
        ["#d6bca1", "#b39070"],
        ["#8a3b22", "#b9573a", "#dc8a6c"],
        ["#d8c3a8", "#efe0ca", "#fbf4e8"],
    ),
    palette(
        ["#f1efe9", "#d9d6cc"],
        ["#c9b393", "#a58a66"],
        ["#a87416", "#d29f3a", "#ecc878"],
        ["#3f5660", "#5f7a85", "#93aab3"],
    ),
    palette(
        ["#efedea", "#d6d2cc"],
        ["#cbbba6", "#a59078"],
        ["#3b4147", "#5c646b", "#8b949b"],
        ["#b6764a", "#d49a6f", "#ecc3a3"],
    ),
    palette(
        ["#e6e4dd", "#c9c5b9"],
        ["#b99f7f", "#947a5b"],
        ["#cbc3b3", "#eee8dc", "#fdfbf6"],
        ["#56707a", "#7d979f", "#b0c3c8"],
    ),
    palette(
        ["#f2ecec", "#dacfd1"],
        ["#d2bda8", "#ae927a"],
        ["#4d2b45", "#75496a", "#a47c98"],
        ["#c59a5c", "#dfbb84", "#f2dcb6"],
    ),
    palette(
        ["#f7efec", "#e6d5d0"],
        ["#dcc5ae", "#b99c80"],
        ["#b06a69", "#d6918c", "#eebfb8"],
        ["#5a6b5b", "#7f937f", "#b1c0ae"],
    ),
    palette(
        ["#eaf0ee", "#cbd8d5"],
        ["#d4c2a6", "#b0977a"],
        ["#23504f", "#3d7674", "#73a3a0"],
        ["#d0844f", "#e6a877", "#f6d0ae"],
    ),
    palette(
        ["#f5f0e2", "#e0d6ba"],
        ["#cdb58f", "#a88d66"],
        ["#6b4a2b", "#946b43", "#c09a72"],
        ["#5b7564", "#86a08f", "#b9ccbe"],
    ),
    palette(
        ["#edf0f3", "#ced6dd"],
        ["#cfbfa9", "#a8957b"],
        ["#5d7f99", "#88a8c0", "#b9d0e0"],
        ["#c7a05a", "#e3c387", "#f5e2bb"],
    ),
    palette(
        ["#f4efe7", "#ddd1c0"],
        ["#c6a983", "#9c7f5a"],
        ["#c5603f", "#e2835f", "#f4b195"],
        ["#2f4858", "#51707f", "#87a2ae"],
    ),
    palette(
        ["#eff1e6", "#d5d9c3"],
        ["#d3c0a0", "#ad9673"],
        ["#7c8a3c", "#a3b05f", "#cbd498"],
        ["#8c5a3c", "#b5805e", "#dab296"],
    ),
    palette(
        ["#f0ece8", "#d5ccc5"],
        ["#b89b80", "#8f745b"],
        ["#2b2f38", "#474d59", "#777f8d"],
        ["#cf6a4d", "#e8937a", "#f7c3b2"],
    ),
    palette(
        ["#f3f0ea", "#dcd6ca"],
        ["#d8c8b0", "#b5a083"],
        ["#9a8468", "#c4ae91", "#e6d7c0"],
        ["#4b5f6b", "#70858f", "#a6b6bd"],
    ),
    palette(
        ["#f0eef4", "#d6d1de"],
        ["#cdbba8", "#a7917a"],
        ["#5f568c", "#857cb2", "#b5aed6"],
        ["#d29a68", "#ecc096", "#fbe3ca"],
    ),
];

impl Palette {
    /// The palette that a seed's highest digit chooses.
    pub fn of(seed: u32) -> &'static Self {
        &PALETTES[(seed >> 28) as usize]
    }
}
