using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.QuadraticProgram;

[TestClass]
public class PersistenceTests
{
    [TestMethod]
    public void A_saved_chain_solves_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        var options = new QuadraticProgramOptions
        {
            P = "Costs",
            Q = new double[,] { { 2, 0.3 }, { 0.3, 1 } },
            G = new double[,] { { 1, 2 } },
            H = "Budget",
            LowerBounds = 0,
            UpperBounds = new double[] { 0.6, double.PositiveInfinity },
            MultipliersColumnName = "Lambda",
        };
        ITransformer model = ml.Transforms.QuadraticProgram(options).Append(ml.Transforms.CopyColumns("Copy", "Solution")).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out DataViewSchema schema);
        Assert.HasCount(data.Schema.Count, schema);
        foreach (string column in new[] { "Solution", "Copy", "Lambda" })
        {
            float[][] expected = Programs.Solutions(model.Transform(data), column), actual = Programs.Solutions(loaded.Transform(data), column);
            for (int row = 0; row < expected.Length; row++)
            {
                CollectionAssert.AreEqual(expected[row], actual[row]);
            }
        }
    }

    [TestMethod]
    public void What_happens_to_unsolved_rows_is_saved()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        var options = new QuadraticProgramOptions { P = "Costs", UnsolvedRows = UnsolvedRowHandling.ReturnMissing };
        using var file = new MemoryStream();
        ml.Model.Save(ml.Transforms.QuadraticProgram(options).Fit(data), data.Schema, file);
        file.Position = 0;
        Assert.AreEqual("Unbounded", Programs.Status(new MLContext().Model.Load(file, out _).Transform(data))[0]);
    }
}
