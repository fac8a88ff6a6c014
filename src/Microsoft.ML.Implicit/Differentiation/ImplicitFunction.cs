using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>A whole solve as one node of autograd's graph.</summary>
internal sealed class ImplicitFunction : autograd.MultiTensorFunction<ImplicitFunction>
{
    private const string StateKey = "state";

    public override string Name => nameof(ImplicitFunction);

    public static IReadOnlyList<Tensor> Apply(IBackwardRule rule, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> saved, GradientGate? gate) =>
        apply([new State(rule, gate, ImplicitBackward.Context) { Outputs = outputs, Saved = saved }, .. inputs]);

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var state = (State)vars[0];
        Tensor[] inputs = [.. vars.Skip(1).Cast<Tensor>()];
        ctx.set_materialize_grads(false);
        ctx.save_data(StateKey, state with { Outputs = [], Saved = [], InputCount = inputs.Length, OutputShapes = [.. state.Outputs.Select(output => output.shape)] });
        ctx.save_for_backward([.. inputs, .. state.Saved]);
        return [.. state.Outputs.Select(output => output.alias())];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var state = (State)ctx.get_data(StateKey);
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> tensors = ctx.get_saved_variables();
        List<Tensor> inputs = tensors[..state.InputCount];
        try
        {
            if (state.Gate is { IsClosed: true } || grad_outputs.TrueForAll(IsMissing))
            {
                return Leave(state, inputs, new Tensor?[inputs.Count]);
            }

            // Of no rows nothing depends on anything, and rules need not know of them.
            if (state.OutputShapes.All(shape => shape.Contains(0)))
            {
                return Leave(state, inputs, [.. inputs.Select(input => zeros_like(input))]);
            }

            List<Tensor> saved = tensors[state.InputCount..];
            Tensor like = grad_outputs.First(gradient => !IsMissing(gradient));
            Tensor[] cotangents = [.. grad_outputs.Select((gradient, i) => IsMissing(gradient) ? zeros(state.OutputShapes[i], like.dtype, like.device) : gradient)];
            return Leave(state, inputs, is_grad_enabled()
                ? state.Rule.DifferentiableBackward(inputs, saved, cotangents)
                : state.Rule.Backward(inputs, saved, cotangents));
        }
#pragma warning disable CA1031 // An exception of any type would end the process if it left this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            state.Context.Fail(exception);
            return Leave(state, inputs, [.. inputs.Select(input => full_like(input, double.NaN.Held()))]);
        }
    }

    private static bool IsMissing(Tensor? gradient) => gradient is null || gradient.IsInvalid;

    // One gradient for each argument of apply: none for the state.
    private static List<Tensor> Leave(State state, List<Tensor> inputs, IReadOnlyList<Tensor?> gradients) =>
        [null!, .. inputs.Zip(gradients, (input, gradient) => gradient is null || !input.requires_grad ? null! : state.Context.Return(gradient))];

    private sealed record State(IBackwardRule Rule, GradientGate? Gate, BackwardContext Context)
    {
        public IReadOnlyList<Tensor> Outputs { get; init; } = [];

        public IReadOnlyList<Tensor> Saved { get; init; } = [];

        public int InputCount { get; init; }

        public IReadOnlyList<long[]> OutputShapes { get; init; } = [];
    }
}
