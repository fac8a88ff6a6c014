using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Quadratic;

/// <summary>
/// Differentiates a quadratic program by the factorisation that its solve has left. Its inputs are the arguments that are present; what is
/// saved are the outputs and the adjoint's state.
/// </summary>
/// <remarks>A gradient that is to be differentiated again comes from the optimality conditions as equations, of which the solution is a root.</remarks>
internal sealed class QuadraticRule : IBackwardRule
{
    private readonly IQuadraticAdjoint _adjoint;
    private readonly bool[] _present;
    private readonly ScalarType _quadraticType;
    private readonly int _outputCount;

    public QuadraticRule(QuadraticSolution solution)
    {
        _adjoint = solution.Adjoint.WithoutState();
        _present = [.. solution.Problem.Arguments.Select(argument => argument is not null)];
        _quadraticType = solution.Problem.QuadraticType;
        _outputCount = solution.Outputs.Count();
    }

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        QuadraticArguments wanted = ProblemOf(inputs).RequiringGradient;
        QuadraticProblem problem = ProblemOf([.. inputs.Select(input => input.detach())]);
        var outputs = new QuadraticOutputGradients(
            cotangents[0],
            cotangents[1],
            cotangents[2],
            problem.Lower is null ? null : cotangents[3],
            problem.Upper is null ? null : cotangents[^1]);
        QuadraticAdjointResult adjoint = _adjoint.Solve(problem, [.. saved.Skip(_outputCount).Select(s => s.detach())], outputs);
        QuadraticGradients gradients = QuadraticGradients.From(problem, adjoint, wanted);
        return [.. gradients.Arguments.Where((_, i) => _present[i])];
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        var gate = new GradientGate();
        Tensor[] variables = FunctionInputs.Gated(inputs, gate);
        Tensor root = cat([.. saved.Take(_outputCount).Select(output => output.detach())], 1);
        var conditions = new OptimalityConditions(ProblemOf);
        Tensor outputs = ImplicitSolve.Attach(new RootRule(conditions, new LuSolver()), variables, [root], [root])[0];
        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].requires_grad)];
        Tensor?[] found = gate.WhileClosed(() => GuardedAutograd.DifferentiablePullback(outputs, [.. wanted.Select(i => variables[i])], cat([.. cotangents], 1)));
        var gradients = new Tensor?[inputs.Count];
        for (int k = 0; k < wanted.Length; k++)
        {
            gradients[wanted[k]] = found[k];
        }

        return gradients;
    }

    private QuadraticProblem ProblemOf(IReadOnlyList<Tensor> inputs)
    {
        int next = 0;
        return QuadraticProblem.FromArguments([.. _present.Select(present => present ? inputs[next++] : null)], _quadraticType);
    }
}
