package report

// Significant writes a number with three significant digits, without an exponent.
func Significant(v float64) string { return significant(v) }

// Quotient writes a ratio with three significant digits, however small it is.
func Quotient(v float64) string { return quotient(v) }

// Scaled writes a number with an SI prefix: "1.35 M".
func Scaled(v float64) string { return scaled(v) }

// Micros writes nanoseconds as microseconds.
func Micros(ns float64) string { return micros(ns) }

// Percent writes a share in percent. One that is not zero never looks like it.
func Percent(share float64) string { return percent(share) }

// Seconds writes a duration as Go does, to the hundredth: "21s", "1m3.5s".
func Seconds(s float64) string { return seconds(s) }

// Probability writes a p value.
func Probability(p float64) string { return probability(p) }

// Plain makes text from elsewhere fit for one line: no line breaks, no escape sequences.
func Plain(text string) string { return plain(text) }

// RatioInWords writes a ratio as what became more or less: "4.80 % less", "12.0 % more", "3.50 times".
func RatioInWords(ratio float64) string { return change(ratio) }
