using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/few-rows.md.</summary>
[TestClass]
public sealed class FewRowsExamples
{
    [TestMethod]
    public void A_new_subject_is_adapted_to_by_a_few_rows()
    {
        var ml = new MLContext(seed: 1);
        IDataView knownSubjects = Nights(ml, first: 0, subjects: 12, nights: 10);
        IDataView newSubject = Nights(ml, first: 90, subjects: 1, nights: 3), laterNights = Nights(ml, first: 90, subjects: 1, nights: 10);

        var trainer = ml.Regression.Trainers.MetaLearnedLinear("Reaction", taskColumnName: "Subject");
        MetaLearnedLinearTransformer model = trainer.Fit(knownSubjects);
        Console.WriteLine(model);                                           // what is shared, and how much

        MetaLearnedLinearTransformer adapted = model.Adapt(newSubject);     // a few rows, of one subject or several
        IDataView predictions = adapted.Transform(laterNights);
        ml.Model.Save(adapted, knownSubjects.Schema, "subjects.zip");

        double before = ml.Regression.Evaluate(model.Transform(laterNights), "Reaction").RootMeanSquaredError;
        Assert.IsLessThan(0.5 * before, ml.Regression.Evaluate(predictions, "Reaction").RootMeanSquaredError);
    }

    [TestMethod]
    public void A_few_rows_stand_for_all()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = Nights(ml, first: 0, subjects: 20, nights: 10);

        var slow = ml.BinaryClassification.Trainers.PenalizedLinear("IsSlow");
        RowDistillation distilled = ml.Implicit().DistillRows(slow, rows, count: 4);
        Console.WriteLine(distilled);                       // losses with the learned rows, as many random ones, and all
        ITransformer fromFourRows = slow.Fit(distilled.Rows);

        Assert.AreEqual(4L, distilled.Rows.GetRowCount());
        Assert.AreEqual(distilled.FullLoss, distilled.Loss, 0.01);
        Assert.IsGreaterThan(0.6, ml.BinaryClassification.Evaluate(fromFourRows.Transform(rows), "IsSlow").Accuracy);
    }

    [TestMethod]
    public void Trainers_and_operations_come_from_the_catalogs()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Mix { Features = [i, i % 7], Strong = i % 7 > 2 }));

        var perSubject = ml.Regression.Trainers.MetaLearnedLinear("Reaction", taskColumnName: "Subject");
        var perSubjectWithOptions = ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "Reaction", TaskColumnName = "Subject", Seed = 2 });
        var perSubjectYesOrNo = ml.BinaryClassification.Trainers.MetaLearnedLinear("IsSlow", taskColumnName: "Subject");
        var perSubjectYesOrNoWithOptions = ml.BinaryClassification.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "IsSlow", TaskColumnName = "Subject" });
        var perSubjectClasses = ml.MulticlassClassification.Trainers.MetaLearnedLinear("Stage", taskColumnName: "Subject");
        var perSubjectClassesWithOptions = ml.MulticlassClassification.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "Stage", TaskColumnName = "Subject" });

        Assert.IsTrue(new object[] { perSubject, perSubjectWithOptions, perSubjectYesOrNo, perSubjectYesOrNoWithOptions, perSubjectClasses, perSubjectClassesWithOptions }.All(each => each is not null));

        RowDistillation distilled = ml.Implicit().DistillRows(ml.BinaryClassification.Trainers.PenalizedLinear("Strong"), train, count: 10);

        IDistillingTrainer trainer = ml.BinaryClassification.Trainers.PenalizedLinear("Strong");

        RowDistillation distilledWithOptions = ml.Implicit().DistillRows(trainer, train, new RowDistillationOptions { Count = 6, Seed = 2 });

        Assert.AreEqual(16L, distilled.Rows.GetRowCount() + distilledWithOptions.Rows.GetRowCount());
    }

    private static IDataView Nights(MLContext ml, int first, int subjects, int nights)
    {
        return ml.Data.LoadFromEnumerable(Enumerable.Range(first, subjects).SelectMany(subject =>
        {
            var random = new Random(subject);
            float level = 250 + (60 * random.NextSingle()), slope = 5 + (10 * random.NextSingle());
            return Enumerable.Range(0, nights).Select(night => new Night
            {
                Features = [night],
                Reaction = level + (slope * night) + (10 * random.NextSingle()),
                IsSlow = level + (slope * night) + (40 * random.NextSingle()) > 340,
                Subject = $"{subject}",
            });
        }).ToArray());
    }

    private sealed class Night
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Reaction { get; set; }

        public bool IsSlow { get; set; }

        public string Subject { get; set; } = "";
    }

    private sealed class Mix
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public bool Strong { get; set; }
    }
}
