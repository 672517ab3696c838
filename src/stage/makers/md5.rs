//! MD5, which repositories of libraries still have beside better hashes.

/// How far the state is turned in each round of four steps.
const TURNS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

/// The digest of a content (RFC 1321).
#[must_use]
pub fn md5(content: &[u8]) -> [u8; 16] {
    // The constants are the first bits of sines, which are exact enough in 64 bits.
    let constants: Vec<u32> = (1..=64)
        .map(|step: u32| (f64::from(step).sin().abs() * 4_294_967_296.0) as u32)
        .collect();
    let mut padded = content.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    let bits = u64::try_from(content.len())
        .unwrap_or_default()
        .wrapping_mul(8);
    padded.extend(bits.to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        let words = block.chunks_exact(4);
        let words: Vec<u32> = words
            .map(|word| {
                word.iter()
                    .rev()
                    .fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
            })
            .collect();
        let [mut a, mut b, mut c, mut d] = state;
        for (step, constant) in constants.iter().enumerate() {
            let round = step / 16;
            let (mixed, word) = match round {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let sum = a
                .wrapping_add(mixed)
                .wrapping_add(*constant)
                .wrapping_add(words[word % 16]);
            let turned = sum.rotate_left(TURNS[round][step % 4]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (place, value) in state.iter_mut().zip([a, b, c, d]) {
            *place = place.wrapping_add(value);
        }
    }
    let mut out = [0; 16];
    let bytes = state.iter().flat_map(|word| word.to_le_bytes());
    for (place, byte) in out.iter_mut().zip(bytes) {
        *place = byte;
    }
    out
}
