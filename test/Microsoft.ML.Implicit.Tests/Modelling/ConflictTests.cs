using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Which constraints contradict each other.</summary>
[TestClass]
public sealed class ConflictTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(1e6)]
    public void Constraints_of_a_contradiction_are_named_and_others_are_not(double unit)
    {
        using DisposeScope scope = NewDisposeScope();

        // All of a budget is spent on three goods, none of which may have more than a quarter of it.
        var mix = new Variable("Mix", 3, sign: Sign.Nonnegative);
        var spare = new Variable("Spare");
        Constraint whole = (Sum(mix) / unit).EqualTo(1), quarter = (mix <= 0.25 * unit).Named("at most a quarter");
        ConvexProgram program = ConvexProgram.Minimize(Square(spare) + (mix[0] / unit), Norm2(mix) <= 10 * unit, whole, quarter, spare >= 3, Exp(spare) <= 50);
        ProgramSolution solution = Solve(program);
        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        IReadOnlyList<ConflictingConstraint> conflicts = solution.Conflicts(0);
        CollectionAssert.AreEquivalent(new[] { whole.ToString(), "at most a quarter" }, conflicts.Select(conflict => conflict.Constraint).ToArray());
        Assert.AreEqual(1, conflicts.Sum(conflict => conflict.Share), 1e-9);
        Assert.Contains("these contradict each other: ", solution.Describe(0));
        Assert.Contains("at most a quarter", solution.Describe(0));
    }

    [TestMethod]
    public void What_is_named_contradicts_itself_without_the_others_and_with_none_of_it_left_out()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 6);
        for (int seed = 0; seed < 5; seed++)
        {
            var random = new Random(seed);
            Constraint[] constraints =
            [
                .. Enumerable.Range(0, 20).Select(i => (Dot(Enumerable.Range(0, 6).Select(_ => random.NextDouble() - 0.5).ToArray(), x) <= random.NextDouble() - 0.6).Named($"{i}")),
                (Norm2(x) <= 1).Named("ball"),
            ];
            IReadOnlyList<ConflictingConstraint> conflicts = Solve(ConvexProgram.Minimize(Sum(x), constraints)).Conflicts(0);
            Assert.IsNotEmpty(conflicts);
            Constraint[] named = [.. constraints.Where(constraint => conflicts.Any(conflict => conflict.Constraint == constraint.Name))];
            Assert.HasCount(conflicts.Count, named);
            Assert.AreEqual(SolveStatus.Infeasible, Solve(ConvexProgram.Minimize(Sum(x), named)).Status[0]);
            foreach (Constraint spared in named)
            {
                Assert.AreNotEqual(SolveStatus.Infeasible, Solve(ConvexProgram.Minimize(Sum(x), named.Where(constraint => constraint != spared).ToArray())).Status[0]);
            }
        }
    }

    [TestMethod]
    public void Few_of_many_constraints_are_named()
    {
        const int count = 200;
        using DisposeScope scope = NewDisposeScope();
        var v = new Variable("v", 3);
        Constraint[] constraints = [.. Enumerable.Range(0, count).Select(i => (v[i % 3] >= 1.8 * i / count).Named($"c{i}")), (Sum(v) <= 1).Named("sum")];
        IReadOnlyList<ConflictingConstraint> conflicts = Solve(ConvexProgram.Minimize(Sum(v), constraints)).Conflicts(0);
        Assert.IsLessThanOrEqualTo(4, conflicts.Count);
        Constraint[] named = [.. constraints.Where(constraint => conflicts.Any(conflict => conflict.Constraint == constraint.Name))];
        Assert.AreEqual(SolveStatus.Infeasible, Solve(ConvexProgram.Minimize(Sum(v), named)).Status[0]);
    }

    [TestMethod]
    public void Signs_and_domains_of_functions_have_a_part_in_contradictions()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", sign: Sign.Nonnegative);
        CollectionAssert.AreEquivalent(new[] { "x >= 0", "x <= -1" }, Names(ConvexProgram.Minimize(x, x <= -1)));
        var y = new Variable("y");
        CollectionAssert.AreEquivalent(new[] { "the domain of Log(y)", "y <= -1" }, Names(ConvexProgram.Maximize(Log(y), y <= -1)));

        static string[] Names(ConvexProgram program) => [.. Solve(program).Conflicts(0).Select(conflict => conflict.Constraint)];
    }

    [TestMethod]
    public void Entries_of_a_vector_constraint_that_conflict_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        var v = new Variable("v", 5);
        ProgramSolution solution = Solve(ConvexProgram.Minimize(Sum(v), (v <= new double[] { 1, 2, 3, 4, 5 }).Named("limits"), (v[3] >= 6).Named("wish"), v >= -10, (Abs(v) <= 20).Named("sizes")));
        IReadOnlyList<ConflictingConstraint> conflicts = solution.Conflicts(0);
        CollectionAssert.AreEquivalent(new[] { "limits (entry 3)", "wish" }, conflicts.Select(conflict => conflict.ToString()).ToArray());
        CollectionAssert.AreEqual(new[] { 3 }, conflicts.Single(conflict => conflict.Constraint == "limits").Entries.ToArray());
        Assert.Contains("limits (entry 3)", solution.Describe(0));
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(5)]
    [DataRow(40)]
    public void Entries_that_contradict_signs_are_named(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", count, sign: Sign.Nonnegative);
        double[] limits = [.. Enumerable.Range(0, count).Select(i => i == count / 2 ? -1.0 : 1)];
        foreach (ConeMethod method in Enum.GetValues<ConeMethod>())
        {
            ProgramSolution solution = ConvexProgram.Minimize(Sum(x), (x <= limits).Named("cap")).Solve(new Dictionary<Parameter, Tensor>(), new ConeOptions { Method = method }, throwOnFailure: false);
            CollectionAssert.AreEquivalent(new[] { $"x >= 0 (entry {count / 2})", $"cap (entry {count / 2})" }, solution.Conflicts(0).Select(conflict => conflict.ToString()).ToArray());
        }
    }

    [TestMethod]
    public void Equalities_that_contradict_each_other_need_no_others()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 4);
        double[,] sums = { { 1, 1, 0, 0 }, { 0, 0, 1, 1 }, { 1, 1, 1, 1 } };
        ProgramSolution solution = Solve(ConvexProgram.Minimize(Sum(x), Product(sums, x).EqualTo(new double[] { 1, 1, 3 }).Named("balance"), (x >= 0).Named("positive"), (x <= 100).Named("most")));
        CollectionAssert.AreEqual(new[] { "balance" }, solution.Conflicts(0).Select(conflict => conflict.ToString()).ToArray());
    }

    [TestMethod]
    public void Rows_of_a_function_are_no_entries()
    {
        using DisposeScope scope = NewDisposeScope();
        var t = new Variable("t");
        CollectionAssert.AreEqual(new[] { "e" }, Solve(ConvexProgram.Minimize(t, (Exp(t) <= -1).Named("e"))).Conflicts(0).Select(conflict => conflict.ToString()).ToArray());
        ProgramSolution domain = Solve(ConvexProgram.Maximize(Log(t - 5), t <= 3));
        Assert.IsTrue(domain.Conflicts(0).All(conflict => conflict.Entries.Count == 0), domain.Describe(0));
    }

    [TestMethod]
    public void Failures_that_are_thrown_are_told_by_names()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("Hours", 2, sign: Sign.Nonnegative);
        var wish = new Parameter("Wish");
        ConvexProgram program = ConvexProgram.Minimize(Sum(x), (Sum(x) >= wish).Named("demand"), (x <= 8).Named("day"));
        SolveFailedException error = Assert.ThrowsExactly<SolveFailedException>(() => program.Solve(new Dictionary<Parameter, Tensor> { [wish] = tensor(new double[] { 10, 20 }) }));
        Assert.AreEqual(1, error.Row);
        Assert.Contains("demand", error.Message);
        Assert.Contains("day", error.Message);
        error = Assert.ThrowsExactly<SolveFailedException>(() => ConvexProgram.Maximize(Sum(x)).Solve(new Dictionary<Parameter, Tensor>()));
        Assert.Contains("'Hours'", error.Message);
    }

    [TestMethod]
    public void Variables_along_which_an_objective_falls_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 2);
        var y = new Variable("y", sign: Sign.Nonnegative);
        ProgramSolution solution = Solve(ConvexProgram.Minimize(x[0] + y, Norm2(x[1]) <= 1, y <= 1));
        Assert.AreEqual("The objective improves without limit along 'x': bound its variables.", solution.Describe(0));
        Assert.IsEmpty(solution.Conflicts(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => solution.Conflicts(1));
    }

    [TestMethod]
    public void Names_of_constraints_are_part_of_the_document()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", sign: Sign.Nonnegative);
        var writer = new DocumentWriter();
        CompiledProgram program = ConvexProgram.Minimize(x, x <= -1).Compiled;
        CompiledProgramDocument.Write(writer, program);
        CollectionAssert.AreEqual(program.Origins.ToArray(), CompiledProgramDocument.Read(ModelDocument.Parse(writer.ToBytes()).Root).Origins.ToArray());
    }

    private static ProgramSolution Solve(ConvexProgram program) => program.Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
}
