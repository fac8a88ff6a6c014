namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>What one model predicted of a split.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Train">What it was trained on.</param>
/// <param name="Test">What it was asked for.</param>
/// <param name="Outputs">Outputs of each row asked for.</param>
/// <param name="Seconds">Time to train and score.</param>
internal sealed record SeriesPrediction(string Model, LabelledSeries[] Train, LabelledSeries[] Test, float[][] Outputs, double Seconds);
