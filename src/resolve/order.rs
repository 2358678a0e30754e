//! Things that read one another → an order in which each comes after those it reads, and the cycles where there is none.

/// An order, and what has none.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Everything that is in no cycle, each after those it reads; otherwise as given.
    pub(super) order: Vec<usize>,
    /// Every cycle once, each as a way of reading around it that begins at its first member.
    pub(super) cycles: Vec<Vec<usize>>,
}

/// Orders things by what each of them reads.
pub(super) fn ordered(reads: &[Vec<usize>]) -> Ordered {
    let (mut order, mut cycles) = (Vec::new(), Vec::new());
    let mut done = vec![false; reads.len()];
    loop {
        let before = order.len();
        for at in 0..reads.len() {
            if !done[at] && reads[at].iter().all(|read| done[*read]) {
                done[at] = true;
                order.push(at);
            }
        }
        if order.len() > before {
            continue;
        }
        // Nothing moves: either all are done, or there is a cycle. What reads its members can still be ordered.
        let Some(cycle) = find_cycle(reads, &done) else { break };
        cycle.iter().for_each(|at| done[*at] = true);
        cycles.push(cycle);
    }
    Ordered { order, cycles }
}

/// One cycle among those that are not done: following first unfinished reads must come back.
fn find_cycle(reads: &[Vec<usize>], done: &[bool]) -> Option<Vec<usize>> {
    let mut at = (0..reads.len()).find(|at| !done[*at])?;
    let mut path: Vec<usize> = Vec::new();
    loop {
        if let Some(start) = path.iter().position(|seen| *seen == at) {
            let mut cycle = path.split_off(start);
            let least = cycle.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(place, _)| place);
            cycle.rotate_left(least);
            return Some(cycle);
        }
        path.push(at);
        at = reads[at].iter().copied().find(|read| !done[*read])?;
    }
}
