using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Forecasts for given horizons in ONNX files, beside the library itself.</summary>
[TestClass]
public sealed class LatentOdeOnnxTests
{
    private const int Length = 20;

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(2, true)]
    public void Forecasts_and_bounds_are_the_same_in_one_batch_and_row_by_row(int ensembleSize, bool hasSeasons)
    {
        var ml = new MLContext(seed: 1);
        Wave[] rows = [.. Waves.Create(40).Select(row => new Wave(row))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        LatentOdeTransformer model = Train(ml, data, options =>
        {
            options.EnsembleSize = ensembleSize;
            options.SeasonalPeriods = hasSeasons ? [3.5, 20] : [];
            options.QuantileLevels = hasSeasons ? [0.2, 0.5, 0.9] : [];
        });
        AssertAlike(ml, model, data, batchSize: 40);
        AssertAlike(ml, model, data, batchSize: 1);
    }

    [TestMethod]
    public void Short_silent_empty_and_unordered_series_are_treated_as_the_page_says()
    {
        var ml = new MLContext(seed: 1);
        Wave[] rows = [.. Waves.Create(40).Select(row => new Wave(row))];
        LatentOdeTransformer model = Train(ml, ml.Data.LoadFromEnumerable(rows.ToArray()), _ => { });
        Array.Fill(rows[0].Time, double.NaN, 5, Length - 5);
        Array.Fill(rows[1].Cosine, float.NaN, 3, Length - 3);
        Array.Fill(rows[2].Sine, float.NaN);
        Array.Fill(rows[3].Sine, float.NaN, 15, 5);
        Array.Fill(rows[3].Cosine, float.NaN, 15, 5);
        rows[4].Sine[7] = float.PositiveInfinity;
        rows[5].Amplitude = float.NaN;
        rows[6].Sine[Length - 1] = 1e6f;
        rows[8].Sine[Length - 1] = 9.5f;
        foreach ((int row, int gap) in new[] { (9, 10), (10, 19), (1, 2), (1, 8) })
        {
            rows[row].Time = [.. rows[row].Time.Select((time, i) => i < gap ? time : time + 50)];
        }

        Array.Fill(rows[7].Sine, float.NaN);
        Array.Fill(rows[7].Cosine, float.NaN);
        AssertAlike(ml, model, ml.Data.LoadFromEnumerable(rows), batchSize: 40);

        (rows[0].Time[0], rows[0].Time[1]) = (rows[0].Time[1], rows[0].Time[0]);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        Assert.IsTrue(file.Score(data, "Forecast", batchSize: 40)[0].All(float.IsNaN));
    }

    [TestMethod]
    public void A_drifting_variable_is_told_by_its_distance_from_the_running_mean()
    {
        var ml = new MLContext(seed: 1);
        Wave[] rows = [.. Waves.Create(3).Select(row => new Wave(row))];
        foreach (Wave row in rows)
        {
            row.Sine = [.. row.Time.Select(time => (float)(3 * time))];
        }

        IDataView data = ml.Data.LoadFromEnumerable(rows);
        LatentOdeTransformer model = Train(ml, data, _ => { });
        Assert.IsNotNull(model.Model.Scaling.Variables[0].LevelMemory);
        AssertAlike(ml, model, data, batchSize: 3);
    }

    [TestMethod]
    public void Bounds_beyond_the_trained_horizon_widen_alike()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30).Select(row => new Wave(row)).ToArray());
        LatentOdeTransformer model = Train(ml, data, options => (options.Horizon, options.MaximumHorizon) = ([1, 3, 30], 2));
        AssertAlike(ml, model, data, batchSize: 30);
    }

    [TestMethod]
    [DataRow(SeriesEncoderKind.OdeRnn, LatentAnchor.LastObservation, "Gru")]
    [DataRow(SeriesEncoderKind.Gru, LatentAnchor.FirstObservation, "Gru")]
    public void Other_encoders_and_anchors_are_refused(SeriesEncoderKind encoder, LatentAnchor anchor, string reason)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(10).Select(row => new Wave(row)).ToArray());
        LatentOdeTransformer model = Train(ml, data, options => (options.Encoder, options.Anchor) = (encoder, anchor));
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => OnnxFile.Of(ml, model, data)).Message, reason, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Series_in_vectors_of_any_length_are_refused_with_what_to_do()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(10));
        LatentOdeTransformer model = Train(ml, data, _ => { });
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => OnnxFile.Of(ml, model, data)).Message, "fill up shorter series with NaN", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Categories_are_refused_by_the_name_of_their_column()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Transforms.Conversion.ConvertType(nameof(Wave.Amplitude), outputKind: DataKind.String).Fit(Data(ml)).Transform(Data(ml));
        LatentOdeTransformer model = Train(ml, data, _ => { });
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => OnnxFile.Of(ml, model, data)).Message, "categories in column 'Amplitude'", StringComparison.Ordinal);

        static IDataView Data(MLContext ml) => ml.Data.LoadFromEnumerable(Waves.Create(10).Select(row => new Wave(row)).ToArray());
    }

    private static LatentOdeTransformer Train(MLContext ml, IDataView data, Action<LatentOdeOptions> change)
    {
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.StaticColumnNames = [nameof(Wave.Amplitude)];
        change(options);
        return ml.Forecasting.ForecastByLatentOde(options).Fit(data);
    }

    private static void AssertAlike(MLContext ml, LatentOdeTransformer model, IDataView data, int batchSize)
    {
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        string[] quantiles = model.Model.QuantileLevels.Count > 0 ? ["Quantiles"] : [];
        foreach (string column in (string[])["Forecast", "Lower", "Upper", .. quantiles])
        {
            OnnxAssert.AreClose(Scored.Vectors(expected, column), file.Score(data, column, batchSize));
        }
    }

    private sealed class Wave(WaveRow row)
    {
        [VectorType(Length)]
        public double[] Time { get; set; } = row.Time;

        [VectorType(Length)]
        public float[] Sine { get; set; } = row.Sine;

        [VectorType(Length)]
        public float[] Cosine { get; set; } = row.Cosine;

        public float Amplitude { get; set; } = row.Amplitude;
    }
}
