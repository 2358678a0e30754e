//! A long array of words, of 32 bits or 64, that is read and written all over. It lives in mappings of its own, in huge pages where the
//! system has them: elsewhere nearly every access would miss the processor's table of pages, too. Room that is set
//! aside takes no memory until it is used, so an array whose end is not known is not copied while it grows, and a
//! mapping that is dropped goes back to the system at once.

use std::alloc::{Layout, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::{MmapMut, MmapOptions};

/// Bytes that an array without a known end starts with: no system has smaller pages.
const PAGE: usize = 1 << 12;

/// Words that an allocator would give zeroed and the system in pages.
#[derive(Debug)]
pub(super) struct WordArray<T> {
    map: MmapMut,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Pod> WordArray<T> {
    /// So many zeros.
    pub(super) fn zeroed(len: usize) -> Self {
        let mut words = Self { map: map::<T>(len), len, of: PhantomData };
        // A page that is read before it is written is mapped twice.
        words.iter_mut().step_by(PAGE / size_of::<T>()).for_each(|word| *word = T::zeroed());
        words
    }

    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { map: map::<T>(PAGE / size_of::<T>()), len: 0, of: PhantomData }
    }

    /// Sets room aside for so many words in all, or for as many as there is room for.
    pub(super) fn reserve(&mut self, words: usize) {
        let mut wanted = words;
        while wanted > self.capacity() {
            match try_map::<T>(wanted) {
                Some(map) => return self.move_to(map),
                None => wanted /= 2,
            }
        }
    }

    /// Adds words at the end.
    pub(super) fn extend(&mut self, words: &[T]) {
        let (start, end) = (self.len, self.len + words.len());
        if end > self.capacity() {
            self.move_to(map::<T>(end.max(self.capacity() * 2)));
        }
        self.len = end;
        self[start..].copy_from_slice(words);
    }

    /// Has a word on its way to the cache, if it is there: nobody waits for it.
    pub(super) fn prefetch(&self, at: usize) {
        if let Some(word) = self.get(at) {
            prefetch(word);
        }
    }

    fn capacity(&self) -> usize {
        self.map.len() / size_of::<T>()
    }

    fn move_to(&mut self, map: MmapMut) {
        let old = std::mem::replace(&mut self.map, map);
        let len = self.len;
        self.copy_from_slice(&bytemuck::cast_slice(&old)[..len]);
    }
}

impl<T: Pod> Deref for WordArray<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &bytemuck::cast_slice(&self.map)[..self.len]
    }
}

impl<T: Pod> DerefMut for WordArray<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.map)[..self.len]
    }
}

/// Says that a value will be read. The standard library has no stable word for it.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "the standard library has no stable word for a prefetch")
)]
fn prefetch<T>(value: &T) {
    // SAFETY: all processors of this architecture have the instruction, which reads nothing and fails for no address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(value);
}

/// A mapping of so many words; without memory the program ends as any allocation would have it end.
fn map<T>(words: usize) -> MmapMut {
    try_map::<T>(words).unwrap_or_else(|| {
        handle_alloc_error(Layout::array::<T>(words).unwrap_or_else(|_| Layout::new::<T>()))
    })
}

fn try_map<T>(words: usize) -> Option<MmapMut> {
    let bytes = words.checked_mul(size_of::<T>())?;
    let map = MmapOptions::new().len(bytes).no_reserve_swap().map_anon().ok()?;
    // A system without huge pages says so here, and works all the same.
    #[cfg(target_os = "linux")]
    map.advise(memmap2::Advice::HugePage).ok();
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_while_the_array_grows() {
        let mut words = WordArray::<u64>::new();
        for word in 0..10_000 {
            words.extend(&[word, word * word]);
            if word == 5_000 {
                words.reserve(12_000);
            }
        }
        assert_eq!(words.len(), 20_000);
        assert!((0..10_000).all(|word| words[2 * word as usize..][..2] == [word, word * word]));
    }

    #[test]
    fn more_room_than_there_is_address_space_is_not_fatal() {
        let mut words = WordArray::<u64>::new();
        words.reserve(usize::MAX / 16);
        words.extend(&[7]);
        assert_eq!(*words, [7]);
    }

    #[test]
    fn zeros() {
        assert!(WordArray::<u64>::zeroed(100_000).iter().all(|word| *word == 0));
        assert!(WordArray::<u32>::zeroed(100_000).iter().all(|word| *word == 0));
        assert!(WordArray::<u32>::zeroed(0).is_empty());
    }
}
