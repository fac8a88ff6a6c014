using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>What <see cref="GatedSeries"/> learns.</summary>
/// <param name="Outputs">Number of outputs of a series.</param>
/// <param name="Loss">The mean loss of outputs, [series, outputs].</param>
/// <param name="Predict">Makes predictions of outputs, of the same shape.</param>
internal sealed record GatedTask(int Outputs, Func<Tensor, LabelledSeries[], Tensor> Loss, Func<Tensor, Tensor> Predict)
{
    /// <summary>Probabilities of the classes, in the order of their names.</summary>
    public static GatedTask Classes(LabelledSeries[] train)
    {
        string[] classes = SeriesLabelScore.ClassesOf(train);
        return new GatedTask(
            classes.Length,
            (outputs, series) => nn.functional.cross_entropy(outputs, tensor(series.Select(s => (long)Array.IndexOf(classes, s.Class)).ToArray())),
            outputs => outputs.softmax(1));
    }

    /// <summary>Values, learned in deviations from their mean.</summary>
    public static GatedTask Values(LabelledSeries[] train)
    {
        double center = train.Average(series => series.Value), scale = Math.Sqrt(train.Average(series => Math.Pow(series.Value - center, 2)));
        return new GatedTask(
            1,
            (outputs, series) => (outputs.squeeze(1) - tensor(series.Select(s => (float)((s.Value - center) / scale)).ToArray())).pow(2).mean(),
            outputs => (outputs * scale) + center);
    }
}
