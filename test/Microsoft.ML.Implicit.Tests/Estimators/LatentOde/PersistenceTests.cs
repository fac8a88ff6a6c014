using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class PersistenceTests
{
    [TestMethod]
    public void A_saved_forecaster_forecasts_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        LatentOdeOptions options = QuickOptions.Create();
        options.EnsembleSize = 2;
        options.StaticColumnNames = [nameof(WaveRow.Amplitude)];
        options.SeasonalPeriods = [6.28];
        LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(data);
        ITransformer loaded = new MLContext().Model.Load(Save(ml, model, data), out _);
        foreach (string column in new[] { "Forecast", "Lower", "Upper" })
        {
            float[][] expected = Scored.Vectors(model.Transform(data), column);
            float[][] actual = Scored.Vectors(loaded.Transform(data), column);
            for (int row = 0; row < expected.Length; row++)
            {
                CollectionAssert.AreEqual(expected[row], actual[row]);
            }
        }
    }

    [TestMethod]
    public void An_altered_file_is_refused_wherever_it_was_altered()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(20));
        LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(data);
        byte[] file = Save(ml, model, data).ToArray();
        for (int i = file.Length / 5; i < file.Length; i += file.Length / 5)
        {
            byte[] altered = [.. file];
            altered[i] ^= 0xFF;
            Assert.Throws<Exception>(() => new MLContext().Model.Load(new MemoryStream(altered), out _));
        }
    }

    private static MemoryStream Save(MLContext ml, ITransformer model, IDataView data)
    {
        var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        return file;
    }
}
