using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.QuadraticProgram;

[TestClass]
public class OutputSchemaTests
{
    [TestMethod]
    public void The_solution_takes_over_the_slot_names_of_p()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Prices { Bread = 2, Rice = 1 }]);
        IDataView solved = ml.Transforms.Concatenate("Prices", "Bread", "Rice")
            .Append(ml.Transforms.QuadraticProgram("Mix", "Prices", a: new double[,] { { 1, 1 } }, b: 1, lowerBounds: 0))
            .Fit(data).Transform(data);
        VBuffer<ReadOnlyMemory<char>> names = default;
        solved.Schema["Mix"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(new[] { "Bread", "Rice" }, names.DenseValues().Select(name => name.ToString()).ToArray());
        Programs.AssertClose([0, 1], Programs.Solutions(solved, "Mix")[0]);
    }

    [TestMethod]
    public void Only_the_columns_asked_for_are_written()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        var options = new QuadraticProgramOptions { P = "Costs", Q = 1, OutputColumnName = "Z", ObjectiveColumnName = null, StatusColumnName = null };
        string[] added = [.. ml.Transforms.QuadraticProgram(options).Fit(data).Transform(data).Schema.Select(column => column.Name).Except(data.Schema.Select(column => column.Name))];
        CollectionAssert.AreEqual(new[] { "Z" }, added);
    }

    [TestMethod]
    public void A_later_transform_reads_the_solution()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        IDataView solved = ml.Transforms.QuadraticProgram("First", "Costs", q: 1, lowerBounds: 0)
            .Append(ml.Transforms.QuadraticProgram("Second", "First", q: 1))
            .Fit(data).Transform(data);
        Programs.AssertClose([-1, -1], Programs.Solutions(solved, "Second")[1]);
    }

    private sealed class Prices
    {
        public float Bread { get; set; }

        public float Rice { get; set; }
    }
}
