//! The rows of the collection.

/// An album and who made it.
pub(super) struct Album {
    /// The artist.
    pub(super) artist: &'static str,
    /// The title.
    pub(super) name: &'static str,
    /// A year or a day.
    pub(super) released: &'static str,
    /// What is on it.
    pub(super) songs: [Song; 2],
}

/// A track.
pub(super) struct Song {
    /// The title.
    pub(super) name: &'static str,
    /// How long it lasts.
    pub(super) seconds: u64,
    /// Whether its language is explicit.
    pub(super) explicit: bool,
    /// The artists beside the album's, by their places.
    pub(super) guests: &'static [usize],
}

const fn song(name: &'static str, seconds: u64, explicit: bool, guests: &'static [usize]) -> Song {
    Song {
        name,
        seconds,
        explicit,
        guests,
    }
}

/// All of them.
pub(super) const ALBUMS: [Album; 30] = [
    Album {
        artist: "Velvet Cartographers",
        name: "Maps for the Uninvited",
        released: "2024-03-15",
        songs: [
            song("North by Nowhere", 214, false, &[]),
            song("Isobars", 187, false, &[10]),
        ],
    },
    Album {
        artist: "Mira Sandoval-Okonkwo",
        name: "Tangerine Hours",
        released: "2025-06-20",
        songs: [
            song("Slow Ferry to the Weekend", 201, false, &[]),
            song("Say It in Tangerine", 176, true, &[7]),
        ],
    },
    Album {
        artist: "The Paper Lanterns of Route 9",
        name: "Motel Ice",
        released: "2019-10-04",
        songs: [
            song("Vacancy", 232, false, &[]),
            song("Ice Machine Lullaby", 263, false, &[8]),
        ],
    },
    Album {
        artist: "فرقة مدار الرمل",
        name: "خرائط من غبار",
        released: "2023-01-27",
        songs: [
            song("قمر فوق المحطة", 298, false, &[]),
            song("طريق بلا لافتات", 251, false, &[20]),
        ],
    },
    Album {
        artist: "架空夜行列車",
        name: "終点のない時刻表",
        released: "2022-11-11",
        songs: [
            song("三時四十七分発", 243, false, &[]),
            song("窓辺の切符", 225, false, &[18]),
        ],
    },
    Album {
        artist: "Полярная Радиорубка",
        name: "Сигналы с ледокола",
        released: "2021-02-05",
        songs: [
            song("Белый шум, чёрный чай", 271, false, &[]),
            song("Широта семьдесят девять", 305, false, &[19]),
        ],
    },
    Album {
        artist: "Oaken Telegraph",
        name: "Dot Dash Dot",
        released: "2018-05-18",
        songs: [
            song("Stop (Stop) Stop", 165, false, &[]),
            song("Wire Song", 194, false, &[]),
        ],
    },
    Album {
        artist: "DJ Halogen Moth",
        name: "Lamp Season",
        released: "2026-04-10",
        songs: [
            song("Flutter (Extended Porch Light Mix)", 412, false, &[]),
            song("Burnt Wings", 224, true, &[1, 14]),
        ],
    },
    Album {
        artist: "Saltmarsh Choir",
        name: "Evensong for Herons",
        released: "2017",
        songs: [
            song("Low Water", 336, false, &[]),
            song("Samphire", 288, false, &[]),
        ],
    },
    Album {
        artist: "Ferrous & Sons",
        name: "Rust Never Weeps",
        released: "2020-08-28",
        songs: [
            song("Anvil Holiday", 199, true, &[]),
            song("Scrapyard Waltz", 241, false, &[26]),
        ],
    },
    Album {
        artist: "Kit Amberline",
        name: "Small Hours, Large Coat",
        released: "2026-02-13",
        songs: [
            song("Pockets", 158, false, &[]),
            song("Everyone Left but the Fridge", 209, true, &[]),
        ],
    },
    Album {
        artist: "Low Tide Ministry",
        name: "Department of Waves",
        released: "2024-09-06",
        songs: [
            song("Form 27b", 183, false, &[]),
            song("The Sea Regrets to Inform You", 247, false, &[]),
        ],
    },
    Album {
        artist: "Ólafía Brimdal",
        name: "Þokuljós",
        released: "2023-12-01",
        songs: [
            song("Hvalbak og hraun", 314, false, &[]),
            song("Ýsa var það heillin mín ekki", 198, false, &[]),
        ],
    },
    Album {
        artist: "Quartet for Broken Elevators",
        name: "Between Floors",
        released: "2015-04-24",
        songs: [
            song("Ground", 421, false, &[]),
            song(
                "Doors Closing, Doors Closing, Doors Opening Again for No Reason That Anyone on the Fourth Floor Could Ever Explain",
                389,
                false,
                &[],
            ),
        ],
    },
    Album {
        artist: "Sister Parabola",
        name: "Arc / Anti-Arc",
        released: "2025-03-07",
        songs: [
            song("Vertex", 212, false, &[]),
            song("Focus, Directrix, Fight!", 177, true, &[25]),
        ],
    },
    Album {
        artist: "Neon Allotment",
        name: "Electric Courgette",
        released: "2022-05-27",
        songs: [
            song("Bolting Season", 205, false, &[]),
            song("Greenhouse Effect", 236, false, &[]),
        ],
    },
    Album {
        artist: "Tobias Wrenfield",
        name: "Songs From a Rented Harmonium",
        released: "2016-11-18",
        songs: [
            song("Bellows", 254, false, &[]),
            song("The Landlord's Hymn", 219, false, &[]),
        ],
    },
    Album {
        artist: "Grandmother Voltage",
        name: "Knit & Destroy",
        released: "2026-07-31",
        songs: [
            song("Purl Jam", 173, false, &[]),
            song("Ohm Sweet Ohm", 191, true, &[9]),
        ],
    },
    Album {
        artist: "金魚サーカス団",
        name: "水槽の外の夏祭り",
        released: "2024-07-19",
        songs: [
            song("綿あめロケット", 188, false, &[]),
            song("うちわの逆襲 〜夕立編〜", 206, false, &[4]),
        ],
    },
    Album {
        artist: "Лунный Экскаватор",
        name: "Кратер имени тёти Вали",
        released: "2019-04-12",
        songs: [
            song("Копаем вверх", 223, false, &[]),
            song(
                "Песня о невыключенном утюге на обратной стороне Луны",
                267,
                true,
                &[],
            ),
        ],
    },
    Album {
        artist: "سُهى والفوانيس",
        name: "شرفة للريح",
        released: "2025-10-17",
        songs: [
            song("ضوء آخر الدرج", 234, false, &[]),
            song(
                "رسالة إلى جارتي التي تعزف العود في الثالثة فجرًا",
                281,
                false,
                &[3],
            ),
        ],
    },
    Album {
        artist: "The Extremely Long and Entirely Unnecessary Name of a Small Orchestra From Nowhere in Particular",
        name: "An Album Whose Title Also Goes On for Rather Longer Than the Sleeve Designer Had Been Led to Expect, Vol. II",
        released: "2020-02-29",
        songs: [
            song("Overture", 602, false, &[]),
            song("Intermission (Please Do Not Clap)", 33, false, &[]),
        ],
    },
    Album {
        artist: "Pelican Arcade",
        name: "Insert Fish",
        released: "2021-08-13",
        songs: [
            song("High Score at the Harbour", 168, false, &[]),
            song("Continue? 9… 8… 7…", 172, false, &[]),
        ],
    },
    Album {
        artist: "Marrow Lane",
        name: "Winter Tyres",
        released: "2023-02-17",
        songs: [
            song("Black Ice Ballet", 229, false, &[]),
            song("Antifreeze", 193, true, &[]),
        ],
    },
    Album {
        artist: "Hexagon Picnic",
        name: "Six Sides of Sunday",
        released: "2018-06-01",
        songs: [
            song("Tessellate Me", 216, false, &[]),
            song("Wasp at the Table", 181, false, &[]),
        ],
    },
    Album {
        artist: "Juniper Static",
        name: "Between Stations",
        released: "2026-09-25",
        songs: [
            song("FM for Ghosts", 248, false, &[]),
            song("Jun. Sta.", 142, false, &[]),
        ],
    },
    Album {
        artist: "Copperhollow",
        name: "The Kettle Years",
        released: "2014-03-03",
        songs: [
            song("Whistle", 207, false, &[]),
            song("Steam & Sorrow (2026 Remaster)", 262, false, &[16]),
        ],
    },
    Album {
        artist: "Café Antarctica",
        name: "Menu du Froid",
        released: "2022-01-14",
        songs: [
            song("Crème glacée, crème fâchée", 195, false, &[]),
            song("Pingouin incognito", 184, false, &[12]),
        ],
    },
    Album {
        artist: "X-Ray Gardeners",
        name: "Bones & Begonias",
        released: "2025-01-31",
        songs: [
            song("See-Through Rose", 221, false, &[]),
            song("Compost <3 Mortem & \"Friends\"", 239, true, &[]),
        ],
    },
    Album {
        artist: "½ Moon Motel",
        name: "Check-Out Was an Hour Ago",
        released: "2026-10-30",
        songs: [
            song("Do Not Disturb", 203, false, &[]),
            song("Key Card Blues", 228, false, &[2, 10]),
        ],
    },
];
