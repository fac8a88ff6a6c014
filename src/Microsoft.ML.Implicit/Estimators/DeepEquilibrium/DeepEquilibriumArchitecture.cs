using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about an ensemble's networks before their parameters can be read.</summary>
internal sealed record DeepEquilibriumArchitecture(
    EquilibriumCellKind Cell,
    ImageShape Image,
    int FeatureCount,
    int BinCount,
    int HiddenWidth,
    int OutputWidth,
    FixedPointMethod Solver,
    double Tolerance,
    int MaximumIterations,
    int EnsembleSize,
    double Dropout)
{
    /// <summary>Slots that are told apart where features are read by their non-zeros; 0 where they are read in full.</summary>
    public int SlotCount { get; init; }

    /// <param name="options">Settings of the trainer.</param>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="task">What a network predicts.</param>
    /// <param name="rows">Training rows, by which open settings are chosen.</param>
    /// <exception cref="ArgumentException">The images are of another size than the feature vector.</exception>
    public DeepEquilibriumArchitecture(DeepEquilibriumOptions options, int featureCount, PredictionTask task, long rows)
        : this(
            options.Cell,
            options.Image ?? default,
            featureCount,
            BinCount: 0,
            options.HiddenWidth ?? DeepEquilibriumDefaults.HiddenWidth(options.Cell, rows),
            task.OutputWidth,
            options.Solver,
            options.Tolerance,
            options.MaximumIterations,
            options.EnsembleSize ?? DeepEquilibriumDefaults.EnsembleSize(options.Cell, rows),
            DeepEquilibriumDefaults.Usual(options, task, rows, featureCount).Dropout)
    {
        if (Cell == EquilibriumCellKind.MultiscaleConvolutional && Image.Length != featureCount)
        {
            throw new ArgumentException(
                $"Image is {Image.Channels} x {Image.Height} x {Image.Width}, which is {Image.Length} values, but column '{options.FeatureColumnName}' holds {featureCount}.", nameof(options));
        }
    }

    /// <summary>Creates an ensemble whose scales, bins and parameters are yet to be read.</summary>
    public EquilibriumEnsemble CreateEnsemble()
    {
        FeatureEncoder encoder = Cell == EquilibriumCellKind.MultiscaleConvolutional ? new ImageEncoder(FeatureCount)
            : SlotCount > 0 ? new SparseEncoder(SlotCount)
            : new BinEncoder(FeatureCount, BinCount);
        using var generator = new Generator(0, CPU);
        return new EquilibriumEnsemble(encoder, [.. Enumerable.Range(0, EnsembleSize).Select(_ => new DeepEquilibriumNetwork(this, encoder.Width, Tolerance, generator))]);
    }

    /// <summary>The architecture of networks whose inputs come from an encoder.</summary>
    public DeepEquilibriumArchitecture With(FeatureEncoder encoder) => encoder switch
    {
        BinEncoder bins => this with { BinCount = bins.BinCount },
        SparseEncoder sparse => this with { SlotCount = sparse.Width },
        _ => this,
    };

    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each cell of a stack of dense ones; null for one cell.</param>
    public FeatureCell CreateCell(int inputWidth, Generator generator, double[]? stackedDropout)
    {
        if (stackedDropout is not null)
        {
            return DenseResidualCell.CreateStack(inputWidth, HiddenWidth, generator, stackedDropout);
        }

        if (Cell == EquilibriumCellKind.Dense)
        {
            return new DenseResidualCell(inputWidth, HiddenWidth, generator, Dropout);
        }

        int[] scaleWidths = [HiddenWidth / 4, HiddenWidth / 2];
        return new MultiscaleConvolutionalCell(Image.Channels, Image.Height, Image.Width, scaleWidths, generator, Dropout);
    }

    public IFixedPointSolver CreateSolver(double relativeTolerance) => Solver switch
    {
        FixedPointMethod.Broyden => new BroydenSolver(new BroydenSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
        FixedPointMethod.Picard => new PicardSolver(new PicardSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
        _ => new AndersonSolver(new AndersonSettings { RelativeTolerance = relativeTolerance, MaximumIterations = MaximumIterations }),
    };

    public void Write(DocumentWriter writer)
    {
        writer.Write("cell", Cell);
        writer.Write("image_channels", Image.Channels);
        writer.Write("image_height", Image.Height);
        writer.Write("image_width", Image.Width);
        writer.Write("features", FeatureCount);
        writer.Write("bins", BinCount);
        writer.Write("slots", SlotCount);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("outputs", OutputWidth);
        writer.Write("solver", Solver);
        writer.Write("tolerance", Tolerance);
        writer.Write("maximum_iterations", MaximumIterations);
        writer.Write("networks", EnsembleSize);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static DeepEquilibriumArchitecture Read(DocumentReader reader)
    {
        var architecture = new DeepEquilibriumArchitecture(
            reader.Enum<EquilibriumCellKind>("cell"),
            new ImageShape(reader.Int32("image_channels"), reader.Int32("image_height"), reader.Int32("image_width")),
            reader.Int32("features"),
            reader.Int32("bins"),
            reader.Int32("hidden_width"),
            reader.Int32("outputs"),
            reader.Enum<FixedPointMethod>("solver"),
            reader.Double("tolerance"),
            reader.Int32("maximum_iterations"),
            reader.Int32("networks"),
            Dropout: 0)
        {
            SlotCount = reader.Int32("slots"),
        };
        return architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");
    }

    // Every weight stands in the file as a number of four bytes, so sizes that make more weights than it has room for are refused
    // before anything is allocated for them. A lower bound on the weights is enough.
    private bool IsPlausible(long tensorBytes)
    {
        return FeatureCount > 0 && BinCount >= 0 && SlotCount >= 0 && SlotCount <= FeatureCount && HiddenWidth > 0 && OutputWidth > 0
            && Tolerance is > 0 and < 1 && MaximumIterations > 0
            && EnsembleSize is >= 1 and <= DeepEquilibriumOptions.MaximumEnsembleSize
            && (SlotCount > 0 || FeatureCount <= tensorBytes / sizeof(float))
            && BinCount <= tensorBytes / sizeof(float)
            && (Cell == EquilibriumCellKind.Dense || HoldsImages())
            && InputWeights() + ((Int128)HiddenWidth * ((long)HiddenWidth + OutputWidth)) <= tensorBytes / sizeof(float) / EnsembleSize;

        bool HoldsImages() => Image is { Channels: > 0, Height: > 0, Width: > 0 } && (Int128)Image.Channels * Image.Height * Image.Width == FeatureCount;

        // A dense cell weighs each slot, or each feature and bin, for each hidden unit. The convolutional cell's first kernels see every pixel
        // of an image reduced to 16 x 16, and so span an eighth of its longer side and more.
        Int128 InputWeights()
        {
            long kernelSize = 1 + (Math.Max(Image.Height, Image.Width) / 8);
            return Cell == EquilibriumCellKind.Dense
                ? (Int128)HiddenWidth * (SlotCount > 0 ? SlotCount : (long)FeatureCount + BinCount)
                : (Int128)(HiddenWidth / 4) * Image.Channels * kernelSize * kernelSize;
        }
    }
}
