using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>A whole solve as one node of autograd's graph.</summary>
internal sealed class NeuralOdeFunction : autograd.SingleTensorFunction<NeuralOdeFunction>
{
    private const string StateKey = "state";

    public override string Name => nameof(NeuralOdeFunction);

    // The context takes its own hold on what it saves only after forward has returned: the caller disposes the solution after this.
    public static Tensor Apply(NeuralOde layer, ISolutionRecord solution, Tensor initialState, Tensor times, IReadOnlyList<Tensor> parameters) =>
        apply([initialState, times, new State(layer, solution, ImplicitBackward.Context, times.requires_grad, times.dtype, times.device), .. parameters]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var state = (State)vars[2];
        ISolutionRecord solution = state.Solution;
        ctx.save_data(StateKey, state with { Solution = solution.WithTensors(null, []) });
        ctx.save_for_backward([solution.States, .. solution.Checkpoints]);
        return solution.States.alias();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var state = (State)ctx.get_data(StateKey);
        using DisposeScope scope = NewDisposeScope();
        try
        {
            if (is_grad_enabled())
            {
                throw new NotSupportedException($"A second derivative through {nameof(NeuralOde)} is not supported: call backward without create_graph.");
            }

            List<Tensor> saved = ctx.get_saved_variables();
            using ISolutionRecord solution = state.Solution.WithTensors(saved[0].detach(), [.. saved.Skip(1).Select(s => s.detach())]);
            OdeGradients gradients = solution.Differentiate(grad_output, state.WantsTimes);
            return Detach(scope, state, gradients.InitialState, gradients.Times?.to(state.TimesType, state.TimesDevice), gradients.Parameters);
        }
#pragma warning disable CA1031 // An exception of any type would end the process if it left this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            state.Context.Fail(exception);
            Tensor initial = full_like(grad_output[0], double.NaN.Held());
            Tensor? times = state.WantsTimes ? full(state.Solution.TimesShape, double.NaN.Held(), state.TimesType, state.TimesDevice) : null;
            Tensor parameters = full(state.Layer.Term.Parameters.Sum(p => p.numel()), double.NaN.Held(), initial.dtype, initial.device);
            return Detach(scope, state, initial, times, parameters);
        }
    }

    // One gradient for each argument of apply, null for those that are not tensors.
    private static List<Tensor> Detach(DisposeScope scope, State state, Tensor initialState, Tensor? times, Tensor parameters)
    {
        var gradients = new List<Tensor> { initialState, times!, null! };
        long offset = 0;
        foreach (Tensor parameter in state.Layer.Term.Parameters)
        {
            gradients.Add(parameter.requires_grad ? parameters.narrow(0, offset, parameter.numel()).view(parameter.shape) : null!);
            offset += parameter.numel();
        }

        scope.Detach([.. gradients.Where(g => g is not null)]);
        return gradients;
    }

    private sealed record State(NeuralOde Layer, ISolutionRecord Solution, BackwardContext Context, bool WantsTimes, ScalarType TimesType, Device TimesDevice);
}
