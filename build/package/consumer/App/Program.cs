using Microsoft.ML;
using Microsoft.ML.Data;
using Models;

var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(i => Point.OnSpiral(i)));

ITransformer model = SpiralModel.Fit(ml, data);
string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
ml.Model.Save(model, data.Schema, path);

ITransformer loaded = new MLContext().Model.Load(path, out _);
File.Delete(path);
double accuracy = ml.BinaryClassification.Evaluate(loaded.Transform(data)).Accuracy;
Prediction prediction = ml.Model.CreatePredictionEngine<Point, Prediction>(loaded).Predict(Point.OnSpiral(7));
Console.WriteLine($"accuracy {accuracy:P1}, point 7: {prediction.PredictedLabel} with probability {prediction.Probability:P1}");
return accuracy > 0.9 ? 0 : 1;

internal sealed class Point
{
    [VectorType(2)]
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    public static Point OnSpiral(int index)
    {
        float angle = index / 200f * 6;
        float sign = index % 2 == 0 ? 1 : -1;
        return new Point { Features = [sign * angle * MathF.Cos(angle), sign * angle * MathF.Sin(angle)], Label = sign > 0 };
    }
}

internal sealed class Prediction
{
    public bool PredictedLabel { get; set; }

    public float Probability { get; set; }
}
