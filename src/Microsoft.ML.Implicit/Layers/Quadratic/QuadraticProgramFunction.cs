using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Quadratic;

/// <summary>A whole solve as one node of autograd's graph.</summary>
internal sealed class QuadraticProgramFunction : autograd.MultiTensorFunction<QuadraticProgramFunction>
{
    private const string StateKey = "state";

    public override string Name => nameof(QuadraticProgramFunction);

    public static QuadraticOutputs Apply(QuadraticProblem problem, QuadraticSolution solution)
    {
        Tensor[] arguments = [.. problem.Tensors];
        List<Tensor> outputs = apply([new State(solution, ImplicitBackward.Context), .. arguments]);
        return new QuadraticOutputs(
            outputs[0],
            outputs[1],
            outputs[2],
            problem.Lower is null ? null : outputs[3],
            problem.Upper is null ? null : outputs[^1],
            solution);
    }

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var state = (State)vars[0];
        QuadraticSolution solution = state.Solution!;
        QuadraticProblem problem = solution.Problem;
        ctx.save_data(StateKey, state with
        {
            Solution = null,
            Adjoint = solution.Adjoint.WithoutState(),
            Present = [.. problem.Arguments.Select(t => t is not null)],
            Wanted = problem.RequiringGradient,
            HasLower = problem.Lower is not null,
            HasUpper = problem.Upper is not null,
        });
        ctx.save_for_backward([.. problem.Tensors, .. solution.Adjoint.State]);
        return [.. solution.Outputs.Select(t => t.alias())];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var state = (State)ctx.get_data(StateKey);
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> saved = ctx.get_saved_variables();
        int count = state.Present.Count(p => p);
        try
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException($"A second derivative through {nameof(QuadraticProgram)} is not supported: call backward without create_graph.");
            }

            QuadraticProblem problem = QuadraticProblem.FromArguments(Expand(state.Present, saved));
            var outputs = new QuadraticOutputGradients(
                grad_outputs[0],
                grad_outputs[1],
                grad_outputs[2],
                state.HasLower ? grad_outputs[3] : null,
                state.HasUpper ? grad_outputs[^1] : null);
            QuadraticAdjointResult adjoint = state.Adjoint!.Solve(problem, [.. saved.Skip(count)], outputs);
            QuadraticGradients gradients = QuadraticGradients.From(problem, adjoint, state.Wanted);
            return Detach(scope, state.Present, gradients.Arguments);
        }
#pragma warning disable CA1031 // An exception of any type would end the process if it left this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            state.Context.Fail(exception);
            return Detach(scope, state.Present, Expand(state.Present, [.. saved.Take(count).Select(t => full_like(t, double.NaN.Held()))]));
        }
    }

    private static Tensor?[] Expand(bool[] present, List<Tensor> tensors)
    {
        int next = 0;
        return [.. present.Select(p => p ? tensors[next++].detach() : null)];
    }

    // One gradient for each argument of apply: none for the state, then one for each tensor of the problem.
    private static List<Tensor> Detach(DisposeScope scope, bool[] present, Tensor?[] gradients)
    {
        scope.Detach([.. gradients.OfType<Tensor>()]);
        return [null!, .. gradients.Where((_, i) => present[i]).Select(g => g!)];
    }

    private sealed record State(QuadraticSolution? Solution, BackwardContext Context)
    {
        public IQuadraticAdjoint? Adjoint { get; init; }

        public bool[] Present { get; init; } = [];

        public QuadraticArguments Wanted { get; init; }

        public bool HasLower { get; init; }

        public bool HasUpper { get; init; }
    }
}
