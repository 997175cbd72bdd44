//! Draws plots as SVG within the page: stacked columns and lines. Colours are CSS classes, so that the page's style
//! sets them for light and dark mode.

use super::{
    markup::escape,
    scale::{AxisScale, Room},
};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 156.0;
const ROOM: Room = Room { left: 44.0, top: 8.0, width: 286.0, height: 122.0 };

/// Plot over time.
pub(super) struct Plot<'a> {
    /// Title of the plot.
    pub(super) title: &'a str,
    /// Width of an interval in seconds.
    pub(super) width: f64,
    /// Number of intervals.
    pub(super) intervals: usize,
    /// Vertical axis.
    pub(super) up: AxisScale,
    /// Formats the labels of the vertical axis.
    pub(super) unit: fn(f64) -> String,
    /// Seconds at which a change began and ended.
    pub(super) changed: Option<(f64, f64)>,
    /// Tooltip of each interval.
    pub(super) notes: Vec<String>,
}

/// Series of a plot: its CSS class, which sets the colour, and a value for each interval.
pub(super) struct PlotSeries {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) values: Vec<Option<f64>>,
}

impl Plot<'_> {
    /// Draws stacked columns.
    pub(super) fn columns(&self, series: &[PlotSeries]) -> String {
        let mut shapes = String::new();
        for index in 0..self.intervals {
            let mut below = 0.0;
            for one in series {
                let Some(value) = one.values.get(index).copied().flatten().filter(|value| *value > 0.0) else {
                    continue;
                };
                let (x, next) = (self.x(index), self.x(index + 1));
                let (low, high) = (ROOM.y(self.up, below), ROOM.y(self.up, below + value));
                // Leave a small gap between columns, and none if they are thin.
                let gap = if next - x > 4.0 { 1.0 } else { 0.0 };
                shapes.push_str(&format!(
                    "<rect class=\"{}\" x=\"{x:.1}\" y=\"{high:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                    one.class,
                    next - x - gap,
                    low - high
                ));
                below += value;
            }
        }
        self.picture(&shapes, series)
    }

    /// Draws lines, with a gap where there is no value.
    pub(super) fn lines(&self, series: &[PlotSeries]) -> String {
        let mut shapes = String::new();
        for one in series {
            let mut path = String::new();
            let mut pen_down = false;
            for (index, value) in one.values.iter().enumerate() {
                let Some(value) = value else {
                    pen_down = false;
                    continue;
                };
                let x = (self.x(index) + self.x(index + 1)) / 2.0;
                let command = if pen_down { 'L' } else { 'M' };
                path.push_str(&format!("{command}{x:.1} {:.1}", ROOM.y(self.up, *value)));
                if !pen_down {
                    // A value without neighbours is a dot: a line of length 0 with a round cap.
                    path.push_str("h0");
                }
                pen_down = true;
            }
            shapes.push_str(&format!("<path class=\"line {}\" d=\"{path}\"/>", one.class));
        }
        self.picture(&shapes, series)
    }

    fn time(&self) -> AxisScale {
        #[allow(clippy::cast_precision_loss, reason = "some forty intervals")]
        let end = self.width * self.intervals.max(1) as f64;
        AxisScale { end, ..AxisScale::up_to(end, 4.0) }
    }

    fn x(&self, index: usize) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "some forty intervals")]
        ROOM.x(self.time(), self.width * index as f64)
    }

    fn picture(&self, shapes: &str, series: &[PlotSeries]) -> String {
        let mut svg = format!(
            "<figure><figcaption>{title}{legend}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{title} over time\">",
            title = escape(self.title),
            legend = legend(series),
        );
        for mark in self.up.marks() {
            let y = ROOM.y(self.up, mark);
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                ROOM.left,
                ROOM.left + ROOM.width,
                ROOM.left - 6.0,
                y + 3.5,
                escape(&(self.unit)(mark))
            ));
        }
        let time = self.time();
        for mark in time.marks() {
            let (words, y) = (format!("{} s", short(mark)), ROOM.top + ROOM.height + 16.0);
            // Align the last label to the right, so that the edge of the plot does not cut it off.
            let x = ROOM.x(time, mark).min(WIDTH - half_width(&words));
            svg.push_str(&format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{words}</text>"));
        }
        svg.push_str(shapes);
        if let Some((from, until)) = self.changed {
            let (x, end) = (ROOM.x(time, from), ROOM.x(time, until.min(time.end)));
            svg.push_str(&format!(
                "<rect class=\"changed\" x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>",
                ROOM.top,
                (end - x).max(0.0),
                ROOM.height
            ));
            svg.push_str(&format!(
                "<line class=\"changed\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\"/>\
                 <text class=\"changed\" x=\"{:.1}\" y=\"{}\">change</text>",
                ROOM.top,
                ROOM.top + ROOM.height,
                x + 4.0,
                ROOM.top + 10.0
            ));
        }
        for (index, note) in self.notes.iter().enumerate() {
            let (x, next) = (self.x(index), self.x(index + 1));
            svg.push_str(&format!(
                "<rect class=\"note\" x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"><title>{}</title></rect>",
                ROOM.top,
                next - x,
                ROOM.height,
                escape(note)
            ));
        }
        svg.push_str("</svg></figure>\n");
        svg
    }
}

/// Returns half of the maximum width of these digits, in user units, in the page's font.
fn half_width(words: &str) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a handful of characters")]
    let characters = words.chars().count() as f64;
    characters * 3.3
}

fn legend(series: &[PlotSeries]) -> String {
    let entries: Vec<_> =
        series.iter().map(|one| format!("<span><i class=\"{}\"></i>{}</span>", one.class, escape(&one.name))).collect();
    format!("<span class=\"legend\">{}</span>", entries.concat())
}

/// Formats a number without trailing zeros.
pub(super) fn short(number: f64) -> String {
    let rounded = (number * 1000.0).round() / 1000.0;
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_last_mark_stand_inside_of_the_picture() {
        let plot = Plot {
            title: "Latency",
            width: 0.05,
            intervals: 16,
            up: AxisScale::up_to(1.0, 4.0),
            unit: short,
            changed: None,
            notes: Vec::new(),
        };
        let picture = plot.columns(&[]);
        let (before, _) = picture.split_once("\" y=\"146\" text-anchor=\"middle\">0.8 s<").unwrap();
        let x: f64 = before.rsplit('"').next().unwrap().parse().unwrap();
        assert!(x + half_width("0.8 s") <= WIDTH, "{x}");
    }
}
