using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and their simulated paths.</summary>
internal sealed class SdeSimulationBatch : SeriesBatch<float[]>
{
    private readonly LatentSdeModelParameters _model;
    private readonly SdeSimulationOptions _options;

    public SdeSimulationBatch(LatentSdeModelParameters model, SeriesReader reader, Func<double[]>? times, double[] horizon, SdeSimulationOptions options, int capacity)
        : base(model, reader, times, horizon, capacity) => (_model, _options) = (model, options);

    public override Delegate CreateGetter(int column, Func<int> slot) => CreateVectorGetter(paths => paths, slot);

    protected override float[][] Evaluate(TimeSeries[] series, double[][] targets) => _model.Simulate(series, targets, _options.PathCount, _options.Seed);

    protected override float[] Unknown(int times)
    {
        float[] missing = new float[times * Variables * _options.PathCount];
        Array.Fill(missing, float.NaN);
        return missing;
    }
}
