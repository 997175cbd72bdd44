//! The rank-sum test of Wilcoxon, Mann and Whitney: whether the values of one sample tend to be larger.

/// Returns the probability that the rank sum of `first` is at least as far from its mean as observed, if both samples
/// have the same distribution. The test is exact over all assignments of the ranks, including ties, and two-sided.
/// Returns `None` if a sample is empty.
///
/// Time and memory grow with the cube of the number of values. It is intended for at most a hundred.
#[must_use]
pub fn rank_sum(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranks = doubled_ranks(first, second);
    let observed: usize = ranks.iter().take(first.len()).sum();
    let counts = ways(&ranks, first.len());
    let (n, all) = (first.len(), first.len() + second.len());
    // Doubled ranks have the mean n + m + 1.
    let mean = n * (all + 1);
    let distance = observed.abs_diff(mean);
    let total: f64 = counts.iter().sum();
    let extreme: f64 =
        counts.iter().enumerate().filter(|(sum, _)| sum.abs_diff(mean) >= distance).map(|(_, ways)| ways).sum();
    Some((extreme / total).min(1.0))
}

/// Returns twice the rank of each value among all values, those of `first` before those of `second`. Equal values share
/// the mean of their ranks, whose double is whole.
fn doubled_ranks(first: &[f64], second: &[f64]) -> Vec<usize> {
    let values: Vec<f64> = first.iter().chain(second).copied().collect();
    let rank = |value: f64| {
        let below = values.iter().filter(|other| **other < value).count();
        let equal = values.iter().filter(|other| other.total_cmp(&value).is_eq()).count();
        2 * below + equal + 1
    };
    values.iter().map(|value| rank(*value)).collect()
}

/// For each sum, counts the ways in which `chosen` of the ranks have it.
fn ways(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let highest: usize = ranks.iter().sum();
    let mut counts = vec![vec![0.0_f64; highest + 1]; chosen + 1];
    if let Some(none) = counts.first_mut().and_then(|sums| sums.first_mut()) {
        *none = 1.0;
    }
    for rank in ranks {
        for number in (1..=chosen).rev() {
            let (fewer, more) = counts.split_at_mut(number);
            let (Some(fewer), Some(more)) = (fewer.last(), more.first_mut()) else { continue };
            for (sum, ways) in more.iter_mut().skip(*rank).zip(fewer) {
                *sum += ways;
            }
        }
    }
    counts.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(first: &[f64], second: &[f64]) -> f64 {
        rank_sum(first, second).unwrap()
    }

    #[test]
    fn agrees_with_published_values() {
        // The extremes of 3 against 3 values: 2 of 20 ways. Of 5 against 5: 2 of 252.
        assert!((p(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]) - 0.1).abs() < 1e-12);
        assert!((p(&[6.0, 7.0, 8.0, 9.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0]) - 2.0 / 252.0).abs() < 1e-12);
        // R: wilcox.test(c(0.8,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46), c(1.15,0.88,0.9,0.74,1.21)) has 0.2544.
        let first = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        assert!((p(&first, &[1.15, 0.88, 0.9, 0.74, 1.21]) - 0.254_412_254_412_254_4).abs() < 1e-9);
    }

    #[test]
    fn ties_and_samples_of_unequal_size_are_exact() {
        assert!((p(&[1.0, 1.0], &[1.0, 1.0, 1.0]) - 1.0).abs() < 1e-12);
        // Ranks 1.5, 1.5, 3, 4: the two lowest, or the two highest, of 6 ways.
        assert!((p(&[1.0, 1.0], &[2.0, 3.0]) - 2.0 / 6.0).abs() < 1e-12);
        assert_eq!(rank_sum(&[], &[1.0]), None);
    }

    #[test]
    fn forty_against_forty_are_decided() {
        let low: Vec<f64> = (0..40).map(f64::from).collect();
        let high: Vec<f64> = (40..80).map(f64::from).collect();
        assert!(p(&low, &high) < 1e-20);
        let mixed: Vec<f64> = (0..40).map(|value| f64::from(value) + 0.5).collect();
        assert!(p(&low, &mixed) > 0.5);
    }
}
