using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and what is computed of each; NaN of those without an observation.</summary>
/// <param name="reader">Reads the series.</param>
/// <param name="capacity">Number of rows.</param>
/// <param name="width">Numbers that are computed of a series.</param>
/// <param name="evaluate">Computes them, row by row.</param>
/// <param name="createGetter">Creates the getter of a column over them.</param>
internal sealed class SeriesBatch(
    SeriesReader reader, int capacity, int width, Func<IReadOnlyList<TimeSeries>, float[]> evaluate, Func<int, float[], Func<int>, Delegate> createGetter) : RowBatch
{
    private readonly TimeSeries[] _series = new TimeSeries[capacity];
    private readonly float[] _outputs = new float[capacity * width];

    public override void Read(int slot) => _series[slot] = reader.Read(new SeriesIssues());

    public override void Evaluate(int count)
    {
        _outputs.AsSpan(0, count * width).Fill(float.NaN);
        int[] known = [.. Enumerable.Range(0, count).Where(slot => _series[slot].Count > 0)];
        if (known.Length == 0)
        {
            return;
        }

        float[] outputs = evaluate([.. known.Select(slot => _series[slot])]);
        for (int i = 0; i < known.Length; i++)
        {
            outputs.AsSpan(i * width, width).CopyTo(_outputs.AsSpan(known[i] * width));
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => createGetter(column, _outputs, slot);
}
