using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Series;

namespace Documentation;

/// <summary>The code of docs/series-classification.md.</summary>
[TestClass]
public sealed class SeriesClassificationExamples
{
    [TestMethod]
    public void Patients_are_told_apart_by_their_visits()
    {
        var ml = new MLContext(seed: 1);
        WriteVisits();
        IDataView visits = ml.Data.LoadFromTextFile("stays.csv", new TextLoader.Options
        {
            Columns =
            [
                new("Patient", DataKind.String, 0),
                new("Day", DataKind.Single, 1),
                new("Bilirubin", DataKind.Single, 2),
                new("Albumin", DataKind.Single, 3),
                new("Age", DataKind.Single, 4),
                new("Died", DataKind.Single, 5),
            ],
            Separators = [','],
            HasHeader = true,
            MissingRealsAsNaNs = true,
        });

        var options = new ControlledEquationOptions
        {
            LabelColumnName = "Died",
            TimeColumnName = "Day",
            InputColumnNames = ["Bilirubin", "Albumin"],
            StaticColumnNames = ["Age"],
        };

        MakeQuick(options);
        var pipeline = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"], ["Age", "Died"])
            .Append(ml.Transforms.Conversion.ConvertType("Died", outputKind: DataKind.Boolean))
            .Append(ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options));
        TransformerChain<ControlledEquationTransformer> model = pipeline.Fit(visits);

        Assert.IsGreaterThan(0.9, ml.BinaryClassification.Evaluate(model.Transform(visits), "Died").AreaUnderRocCurve);

        SeriesFeatureTransformer courses = model.LastTransformer.CreateFeatureTransformer("Course");

        IDataView series = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"], ["Age", "Died"]).Fit(visits).Transform(visits);
        Assert.AreEqual(courses.Model.FeatureCount, courses.Transform(series).GetColumn<float[]>("Course").First().Length);

        options.Reading = SeriesReadingKind.ControlledDifferentialEquation;
        options.Path = SeriesPathKind.Rectilinear;
        options.Windows = 32;
        options.SignatureDepth = 1;

        options.Training.MaximumEpochs = 1;
        pipeline.Fit(visits);
    }

    [TestMethod]
    public void Every_task_has_a_trainer()
    {
        var ml = new MLContext(seed: 1);
        var bySpeech = ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation("Speaker", "Second", ["Pitch", "Loudness"]);
        var alongPath = ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
        {
            LabelColumnName = "Speaker",
            TimeColumnName = "Second",
            InputColumnNames = ["Pitch", "Loudness"],
            Reading = SeriesReadingKind.ControlledDifferentialEquation,
        });
        var byVisits = ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation("Died", "Day", ["Bilirubin", "Albumin"]);
        var withAge = ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
        {
            LabelColumnName = "Died",
            TimeColumnName = "Day",
            InputColumnNames = ["Bilirubin", "Albumin"],
            StaticColumnNames = ["Age"],
        });
        var survival = ml.Regression.Trainers.NeuralControlledDifferentialEquation("Years", "Day", ["Bilirubin", "Albumin"]);
        var causal = ml.Regression.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
        {
            LabelColumnName = "Years",
            TimeColumnName = "Day",
            InputColumnNames = ["Bilirubin", "Albumin"],
            Reading = SeriesReadingKind.ControlledDifferentialEquation,
            Path = SeriesPathKind.Rectilinear,
        });
        var courses = ml.Transforms.NeuralControlledDifferentialEquation(
            new ControlledEquationOptions { LabelColumnName = "Died", TimeColumnName = "Day", InputColumnNames = ["Bilirubin", "Albumin"] }, "Course");
        foreach (TrainerInfo trainer in (TrainerInfo[])[bySpeech.Info, alongPath.Info, byVisits.Info, withAge.Info, survival.Info, causal.Info, courses.Info])
        {
            Assert.IsFalse(trainer.NeedNormalization || trainer.WantCaching);
        }
    }

    private static void MakeQuick(ControlledEquationOptions options)
    {
        options.StateWidth = 8;
        options.HiddenWidth = 8;
        options.EnsembleSize = 1;
        options.Training.MaximumEpochs = 30;
        options.Training.LearningRate = 0.02;
    }

    // Those whose bilirubin rises die.
    private static void WriteVisits()
    {
        var random = new Random(1);
        List<string> lines = ["patient,day,bilirubin,albumin,age,died"];
        for (int patient = 0; patient < 60; patient++)
        {
            double day = 0, bilirubin = 1 + random.NextDouble();
            for (int visit = 0; visit < 6; visit++, day += random.Next(60, 140))
            {
                string albumin = random.NextDouble() < 0.3 ? "" : (4 - (0.2 * bilirubin)).ToString("F2", CultureInfo.InvariantCulture);
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"P{patient},{day},{bilirubin:F2},{albumin},{40 + (patient % 30)},{patient % 2}"));
                bilirubin += 0.2 * ((patient % 2) + random.NextDouble());
            }
        }

        File.WriteAllLines("stays.csv", lines);
    }
}
