using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// An encoder that networks are trained with: behind the numbers of an encoded row stand their principal components, each of variance 1. Features that tell much the same, such as
/// neighbouring wavelengths of a spectrum, differ along directions of little variance, which the few steps of a training never come far on (LeCun, Bottou, Orr and Müller,
/// "Efficient BackProp", 1998). Components are sums of the numbers, and so what a network has learned of them is a matter of its weights for the numbers: <see cref="Fold"/>.
/// </summary>
internal sealed class WhitenedEncoder : FeatureEncoder
{
    // A component is learned from the rows there are.
    private const int RowsPerComponent = 8;

    // Of the deviation along the first component: what is smaller is rounding of float32 for the most part.
    private const double LeastDeviation = 1e-4;

    // Deviations of scaled numbers; less is a constant.
    private const double LeastScale = 1e-6;

    // More would not turn a component by anything that matters.
    private const long MaximumRows = 4096;
    private const long MinimumRows = 256;
    private const long MaximumValues = 1 << 21;

    private readonly FeatureEncoder _encoder;
    private readonly int _categories;
    private readonly Tensor _weight;
    private readonly Tensor _offset;

    private WhitenedEncoder(FeatureEncoder encoder, int categories, Tensor weight, Tensor offset)
        : base(nameof(WhitenedEncoder))
    {
        // The encoder is the caller's, and so no component of this one.
        (_encoder, _categories, _weight, _offset) = (encoder, categories, weight, offset);
        register_buffer("weight", weight.DetachFromDisposeScope());
        register_buffer("offset", offset.DetachFromDisposeScope());
    }

    public override int Width => _encoder.Width + ComponentCount;

    /// <summary>Number of components.</summary>
    public int ComponentCount => (int)_offset.shape[0];

    // Of the components, which stand before the places of categories.
    private int Start => _encoder.Width - _categories;

    /// <summary>Learns components, or gives <see langword="null"/> where there are none to learn.</summary>
    /// <param name="encoder">Encodes the rows; stays the caller's.</param>
    /// <param name="features">float32 [rows, features], on the encoder's device.</param>
    /// <param name="categories">Places at the end of an encoded row that are categories.</param>
    public static WhitenedEncoder? Of(FeatureEncoder encoder, Tensor features, int categories)
    {
        if (encoder.NumberCount < 2)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor rows = FeatureTensor.EvenlySpread(features, Math.Clamp(MaximumValues / encoder.NumberCount, MinimumRows, MaximumRows)).Rows;
        Tensor numbers = encoder.forward(rows).narrow(1, 0, encoder.NumberCount).cpu().to(ScalarType.Float64);
        Tensor center = numbers.mean([0], keepdim: true);
        Tensor deviation = (numbers - center).Squared().mean([0], keepdim: true).sqrt();
        Tensor factor = where(deviation > LeastScale.Held(), deviation.reciprocal(), zeros_like(deviation));
        (Tensor variances, Tensor directions) = Components((numbers - center) * factor);
        double least = LeastDeviation * LeastDeviation * variances[-1].item<double>();
        long count = Math.Min(variances.ReadDoubles().Count(variance => variance > least), features.shape[0] / RowsPerComponent);
        if (count == 0)
        {
            return null;
        }

        Tensor weight = factor.mT * Directed(directions.narrow(1, directions.shape[1] - count, count)) / variances.narrow(0, variances.shape[0] - count, count).sqrt();
        Tensor offset = center.mm(weight).neg().squeeze(0);
        return new WhitenedEncoder(encoder, categories, weight.to(ScalarType.Float32).to(features.device), offset.to(ScalarType.Float32).to(features.device));
    }

    /// <summary>An affine map of rows without components that does to them what one of rows with components does.</summary>
    /// <param name="weight">[inputs and components, outputs].</param>
    /// <param name="bias">[outputs].</param>
    public (Tensor Weight, Tensor Bias) Fold(Tensor weight, Tensor bias)
    {
        // Entries of opposite signs are large where a variance is small.
        Tensor given = weight.to(ScalarType.Float64);
        Tensor ofComponents = given.narrow(0, Start, ComponentCount);
        Tensor folded = cat([given.narrow(0, 0, Start), given.narrow(0, Start + ComponentCount, given.shape[0] - Start - ComponentCount)]);
        folded.narrow(0, 0, _encoder.NumberCount).PlusInPlace(_weight.to(ScalarType.Float64).mm(ofComponents));
        Tensor shifted = bias.to(ScalarType.Float64).Plus(_offset.to(ScalarType.Float64).unsqueeze(0).mm(ofComponents).squeeze(0));
        return (folded.to(weight.dtype), shifted.to(bias.dtype));
    }

    public override Tensor forward(Tensor features)
    {
        Tensor encoded = _encoder.forward(features);
        Tensor components = _offset.addmm(encoded.narrow(1, 0, _encoder.NumberCount), _weight);
        return cat([encoded.narrow(1, 0, Start), components, encoded.narrow(1, Start, _categories)], 1);
    }

    /// <exception cref="NotSupportedException">Always: it is folded before a model is exported.</exception>
    public override OnnxValue Encode(OnnxValue features) => throw new NotSupportedException("Components are for training alone.");

    /// <remarks>Directions of equal variance may come out as any others of their plane when they are learned again.</remarks>
    public override void WriteState(BinaryWriter writer)
    {
        Array.ForEach(_weight.ReadSingles(), writer.Write);
        Array.ForEach(_offset.ReadSingles(), writer.Write);
    }

    public override void ReadState(BinaryReader reader)
    {
        Read(reader, _weight);
        Read(reader, _offset);
    }

    private static void Read(BinaryReader reader, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        float[] read = [.. Enumerable.Range(0, (int)values.numel()).Select(_ => reader.ReadSingle())];
        values.copy_(tensor(read).view(values.shape));
    }

    // Variances, ascending, and directions in columns: of the smaller of the two Gram matrices.
    private static (Tensor Variances, Tensor Directions) Components(Tensor rows)
    {
        double share = 1.0 / rows.shape[0];
        if (rows.shape[1] <= rows.shape[0])
        {
            return linalg.eigh(rows.mT.mm(rows) * share.Held());
        }

        (Tensor variances, Tensor ofRows) = linalg.eigh(rows.mm(rows.mT) * share.Held());
        Tensor directions = rows.mT.mm(ofRows);
        return (variances, directions / directions.Squared().sum([0], keepdim: true).sqrt().clamp_min(double.Epsilon.Held()));
    }

    // A direction and its opposite are the same component: the largest entry is positive.
    private static Tensor Directed(Tensor directions) => directions * directions.gather(0, directions.abs().argmax(0, keepdim: true)).sign();
}
