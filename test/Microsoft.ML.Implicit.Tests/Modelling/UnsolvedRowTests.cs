using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

[TestClass]
public sealed class UnsolvedRowTests
{
    private static readonly Parameter Target = new("target", 3);
    private static readonly Parameter Limit = new("limit");
    private static readonly Variable X = new("x", 3, sign: Sign.Nonnegative);
    private static readonly ConvexProgram Program = ConvexProgram.Minimize(SumSquares(X - Target) + Norm2(X), (Sum(X) <= Limit).Named("limit"));

    [TestMethod]
    public void Rows_that_stop_before_they_are_solved_have_no_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<Parameter, Tensor> values = new() { [Target] = tensor(new[] { 1.0, 2, 3 }), [Limit] = tensor(new[] { 1.0, 2 }) };
        ProgramSolution solution = Program.Solve(values, new ConeOptions { MaximumIterations = 1 }, throwOnFailure: false);
        foreach (int row in new[] { 0, 1 })
        {
            Assert.AreEqual(SolveStatus.MaximumIterations, solution.Status[row]);
        }

        foreach (Tensor numbers in new[] { solution[X], solution.Multipliers("limit"), solution.Objective })
        {
            Assert.IsTrue(numbers.isnan().all().item<bool>());
        }
    }

    [TestMethod]
    public void A_row_without_a_solution_adds_nothing_to_shared_parameters_where_the_loss_leaves_it_out()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor target = tensor(new[] { 1.0, 2, 3 }).requires_grad_(true), limits = tensor(new[] { 2.0, -1, double.NaN });
        double[] expected = Gradient(limits.narrow(0, 0, 1)), found = Gradient(limits);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], found[i], 1e-12);
        }

        double[] Gradient(Tensor limit)
        {
            target.grad = null;
            ProgramSolution solution = Program.Solve(new Dictionary<Parameter, Tensor> { [Target] = target, [Limit] = limit }, throwOnFailure: false);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
            Assert.AreEqual(limit.shape[0] - 1, solution.Status.Count(status => status is SolveStatus.Infeasible or SolveStatus.InvalidInput));
            Tensor isSolved = solution.Objective.isfinite();
            Tensor loss = where(isSolved, solution.Objective, zeros_like(solution.Objective)).sum() + solution[X].nan_to_num(0).pow(2).sum() + solution.Multipliers("limit")[isSolved].sum();
            ImplicitBackward.Run(() => loss.backward());
            return target.grad!.ReadDoubles();
        }
    }

    [TestMethod]
    public void A_loss_that_depends_on_a_row_without_a_solution_has_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor target = tensor(new[] { 1.0, 2, 3 }).requires_grad_(true);
        ProgramSolution solution = Program.Solve(new Dictionary<Parameter, Tensor> { [Target] = target, [Limit] = tensor(new[] { 2.0, -1 }) }, throwOnFailure: false);
        ImplicitBackward.Run(() => solution.Objective.sum().backward());
        Assert.IsTrue(target.grad!.isnan().all().item<bool>());
    }
}
