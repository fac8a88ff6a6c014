using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>One affine layer of <see cref="PerceptronDynamics"/>: (x W + y V + b) ∘ s(t) + t w, with context y, gate s and time t only where it has them.</summary>
internal sealed class PerceptronLayer : nn.Module<Tensor, Tensor, Tensor?, Tensor>
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly Parameter weight;
    private readonly Parameter? context_weight;
    private readonly Parameter? time_weight;
    private readonly Parameter bias;
    private readonly Parameter? gate_weight;
    private readonly Parameter? gate_bias;
#pragma warning restore IDE1006

    /// <param name="inputs">Width of x.</param>
    /// <param name="outputs">Width of the output.</param>
    /// <param name="contextWidth">Width of y, or zero.</param>
    /// <param name="hasTime">Whether time shifts the output.</param>
    /// <param name="hasGate">Whether time gates the output.</param>
    /// <param name="generator">Source of the initial values, U(±1/√inputs).</param>
    public PerceptronLayer(long inputs, long outputs, long contextWidth, bool hasTime, bool hasGate, Generator generator)
        : base(nameof(PerceptronLayer))
    {
        double bound = 1 / Math.Sqrt(inputs + contextWidth + (hasTime ? 1 : 0));
        weight = Uniform([inputs, outputs]);
        context_weight = contextWidth > 0 ? Uniform([contextWidth, outputs]) : null;
        time_weight = hasTime ? Uniform([outputs]) : null;
        bias = Uniform([outputs]);
        gate_weight = hasGate ? Uniform([outputs]) : null;
        gate_bias = hasGate ? Uniform([outputs]) : null;
        RegisterComponents();

        Parameter Uniform(long[] shape) => new(empty(shape, ScalarType.Float32).uniform_(-bound, bound, generator));
    }

    public Parameter Weight => weight;

    public Parameter? ContextWeight => context_weight;

    public Parameter? TimeWeight => time_weight;

    public Parameter Bias => bias;

    public Parameter? GateWeight => gate_weight;

    public Parameter? GateBias => gate_bias;

    public bool HasContext => context_weight is not null;

    /// <summary>Parameters in the order of the flat gradient.</summary>
    public IEnumerable<Tensor> Parameters => new Tensor?[] { weight, context_weight, time_weight, bias, gate_weight, gate_bias }.OfType<Tensor>();

    /// <summary>y V + b, which does not change during a solve: <c>[batch, outputs]</c>, or b itself without context.</summary>
    public Tensor ContextShift(Tensor? context) => context_weight is null ? bias : bias.addmm(context!, context_weight);

    /// <summary>The layer at one time as a plain affine map.</summary>
    /// <param name="time">t.</param>
    /// <param name="contextShift">Result of <see cref="ContextShift"/>.</param>
    public AffineAtTime At(double time, Tensor contextShift)
    {
        if (gate_weight is null)
        {
            Tensor shift = time_weight is null || time == 0 ? contextShift : contextShift.add(time_weight, alpha: time.Held());
            return new AffineAtTime(weight, shift, null);
        }

        Tensor gate = gate_bias!.add(gate_weight, alpha: time.Held()).sigmoid_();
        return new AffineAtTime(weight * gate, (contextShift * gate).add_(time_weight!, alpha: time.Held()), gate);
    }

    /// <summary>Views of this layer's part of a flat gradient.</summary>
    public PerceptronLayerGradient GradientIn(Tensor flat, ref long offset)
    {
        return new PerceptronLayerGradient(Next(weight, ref offset)!, Next(context_weight, ref offset), Next(time_weight, ref offset), Next(bias, ref offset)!, Next(gate_weight, ref offset), Next(gate_bias, ref offset));

        Tensor? Next(Tensor? parameter, ref long start)
        {
            if (parameter is null)
            {
                return null;
            }

            start += parameter.numel();
            return flat.narrow(0, start - parameter.numel(), parameter.numel()).view(parameter.shape);
        }
    }

    /// <summary>Carries the gradient of the gated weight to the weight and the gate.</summary>
    public void AddGatedWeightGradient(PerceptronLayerGradient gradient, AffineAtTime at, double time, Tensor weightGradient)
    {
        gradient.Weight.addcmul_(weightGradient, at.Gate!, 1.Held());
        AddGateGradient(gradient, at, time, (weightGradient * weight).sum(dim: 0));
    }

    /// <summary>Carries the cotangent of the output, <c>[batch, outputs]</c>, through the gated shift to its parameters.</summary>
    public void AddGatedShiftGradient(PerceptronLayerGradient gradient, AffineAtTime at, double time, Tensor contextShift, Tensor cotangent)
    {
        Tensor shiftGradient = cotangent.sum(dim: 0);
        gradient.Time!.add_(shiftGradient, alpha: time.Held());
        gradient.Bias.addcmul_(shiftGradient, at.Gate!, 1.Held());
        AddGateGradient(gradient, at, time, HasContext ? (cotangent * contextShift).sum(dim: 0) : shiftGradient * contextShift);
    }

    /// <summary>Evaluates within autograd, with a time for each row.</summary>
    /// <param name="input">x, <c>[batch, inputs]</c>.</param>
    /// <param name="time">t, <c>[batch, 1]</c> or without dimensions.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>.</param>
    public override Tensor forward(Tensor input, Tensor time, Tensor? context)
    {
        Tensor output = ContextShift(context).addmm(input, weight);
        if (gate_weight is not null)
        {
            output = output * gate_bias!.Plus(time * gate_weight).sigmoid();
        }

        return time_weight is null ? output : output.Plus(time * time_weight);
    }

    private static void AddGateGradient(PerceptronLayerGradient gradient, AffineAtTime at, double time, Tensor gateGradient)
    {
        Tensor logitGradient = gateGradient * at.Gate! * 1.Held().Minus(at.Gate!);
        gradient.GateWeight!.add_(logitGradient, alpha: time.Held());
        gradient.GateBias!.PlusInPlace(logitGradient);
    }
}
