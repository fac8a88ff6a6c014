namespace Microsoft.ML.Implicit.Samples.Portfolio;

internal static partial class PortfolioChoice
{
    /// <summary>Loads a saved model and divides the portfolio for one week.</summary>
    private static float[] Decide(string modelPath, Week week)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(modelPath, out DataViewSchema schema);
        using PredictionEngine<Week, Decision> engine = ml.Model.CreatePredictionEngine<Week, Decision>(model, schema);
        return engine.Predict(week).Solution;
    }

    internal sealed class Decision
    {
        public float[] Solution { get; set; } = [];
    }
}
