namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Samples of a density that are no anomalies: the half of them with the lowest scores. The nearest of them is what a row is compared with.</summary>
internal sealed class TypicalRows
{
    private readonly int _width;
    private readonly float[] _rows;
    private readonly StandardisedRows _standardised;

    private TypicalRows(int width, float[] rows, StandardisedRows standardised) => (_width, _rows, _standardised) = (width, rows, standardised);

    /// <param name="model">The density and its score.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="context">What they are conditioned on, [context].</param>
    public static TypicalRows Draw(NormalizingFlowModelParameters model, int count, ReadOnlySpan<float> context)
    {
        float[] contexts = [.. Enumerable.Repeat(context.ToArray(), count).SelectMany(values => values)];
        float[] samples = model.ContextCount == 0 ? model.Sample(count, seed: 0) : model.Draw(contexts, seed: 0);
        double[] scores = new double[count];
        model.Score(samples, new double[count], scores, contexts);
        float[][] rows = samples.Chunk(model.FeatureCount).ToArray();
        Array.Sort(scores, rows);
        float[] typical = [.. rows.Take((count + 1) / 2).SelectMany(row => row)];
        return new TypicalRows(model.FeatureCount, typical, StandardisedRows.Create(model.Layout, typical, default));
    }

    /// <summary>The one nearest to a row, in units of the deviations among them.</summary>
    public ReadOnlySpan<float> Nearest(ReadOnlySpan<float> row) => _rows.AsSpan(_standardised.Find(row, default).Nearest * _width, _width);
}
