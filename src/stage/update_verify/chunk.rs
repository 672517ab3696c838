//! Divides a list into parts of nearly the same size.

/// Reports that a list has no such part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The number of the part is too large.
    #[error("thisChunk ({this}) is greater than total chunks ({total})")]
    TooLarge {
        /// The number of the part.
        this: usize,
        /// The number of parts.
        total: usize,
    },
    /// The number of the part is zero.
    #[error("chunks are numbered from 1, but this chunk is 0")]
    Zero,
}

/// Part number `this` of `total`, counted from 1: the first parts are longer by one if the list cannot be
/// divided evenly.
///
/// # Errors
/// If there is no such part.
pub fn chunk<T>(items: &[T], total: usize, this: usize) -> Result<&[T], ChunkError> {
    if this > total {
        return Err(ChunkError::TooLarge { this, total });
    }
    let before = this.checked_sub(1).ok_or(ChunkError::Zero)?;
    let (length, longer) = (items.len() / total, items.len() % total);
    let start = before * length + before.min(longer);
    let end = start + length + usize::from(before < longer);
    Ok(items.get(start..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_whole() {
        for count in 0..30 {
            let items: Vec<usize> = (0..count).collect();
            for total in 1..12 {
                let parts: Vec<&[usize]> = (1..=total)
                    .map(|this| chunk(&items, total, this).unwrap())
                    .collect();
                assert_eq!(parts.concat(), items);
                let lengths = parts.iter().map(|part| part.len());
                let (least, most) = (lengths.clone().min(), lengths.max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{parts:?}");
            }
        }
        assert_eq!(chunk(&[1], 3, 0), Err(ChunkError::Zero));
        assert_eq!(chunk(&[1], 0, 0), Err(ChunkError::Zero));
    }
}
