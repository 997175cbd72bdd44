//! Axes with round numbers.

/// Area of a plot within its picture, in user units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Axis from 0 to a round number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AxisScale {
    /// Maximum value of the axis.
    pub(super) end: f64,
    /// Distance between two marks.
    pub(super) step: f64,
}

impl AxisScale {
    /// Creates an axis that covers `most`, with about `marks` marks at 1, 2 or 5 times a power of ten.
    pub(super) fn up_to(most: f64, marks: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let rough = most / marks;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(rough);
        Self { end: (most / step * 0.999).ceil() * step, step }
    }

    /// Creates an axis with this maximum.
    pub(super) fn exactly(end: f64, step: f64) -> Self {
        Self { end, step }
    }

    /// Returns the values of the marks, including 0.
    pub(super) fn marks(self) -> impl Iterator<Item = f64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of marks")]
        let count = (self.end / self.step * 1.001).floor() as u32;
        (0..=count).map(move |index| f64::from(index) * self.step)
    }

    /// Returns the position of a value on the axis, from 0 to 1.
    pub(super) fn part(self, value: f64) -> f64 {
        (value / self.end).clamp(0.0, 1.0)
    }
}

impl Room {
    /// Returns the horizontal position of a value.
    pub(super) fn x(self, scale: AxisScale, value: f64) -> f64 {
        self.left + scale.part(value) * self.width
    }

    /// Returns the vertical position of a value, which decreases as the value grows.
    pub(super) fn y(self, scale: AxisScale, value: f64) -> f64 {
        self.top + (1.0 - scale.part(value)) * self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers_above_everything() {
        for (most, end, step) in
            [(412.0, 500.0, 100.0), (0.037, 0.04, 0.01), (5012.0, 6000.0, 2000.0), (100.0, 100.0, 50.0)]
        {
            let scale = AxisScale::up_to(
                most,
                if most > 4000.0 {
                    4.0
                } else if most == 100.0 {
                    2.0
                } else {
                    5.0
                },
            );
            assert!((scale.end - end).abs() < 1e-9 && (scale.step - step).abs() < 1e-9, "{most}: {scale:?}");
        }
        assert_eq!(AxisScale::up_to(0.0, 4.0).end, 1.0);
        assert_eq!(AxisScale::exactly(1.0, 0.5).marks().collect::<Vec<_>>(), [0.0, 0.5, 1.0]);
    }
}
