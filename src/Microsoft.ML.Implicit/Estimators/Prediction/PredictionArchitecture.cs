using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about an ensemble's networks before their parameters can be read.</summary>
/// <param name="Image">Shape of the images, where feature vectors hold them.</param>
/// <param name="FeatureCount">Length of the feature vector.</param>
/// <param name="BinCount">Bins of all features together.</param>
/// <param name="HiddenWidth">Width of what is hidden.</param>
/// <param name="OutputWidth">Number of outputs.</param>
/// <param name="EnsembleSize">Number of networks.</param>
/// <param name="Dropout">Fraction of embedded input and state that is set to zero in training.</param>
internal abstract record PredictionArchitecture(ImageShape Image, int FeatureCount, int BinCount, int HiddenWidth, int OutputWidth, int EnsembleSize, double Dropout)
{
    /// <summary>Slots that are told apart where features are read by their non-zeros; 0 where they are read in full.</summary>
    public int SlotCount { get; init; }

    /// <summary>Whether feature vectors are images.</summary>
    public abstract bool ReadsImages { get; }

    /// <summary>Whether several networks can be trained as one stack.</summary>
    public virtual bool CanStack => false;

    /// <summary>Creates an ensemble whose scales, bins and parameters are yet to be read.</summary>
    public PredictionEnsemble CreateEnsemble()
    {
        FeatureEncoder encoder = CreateEncoder();
        using var generator = new Generator(0, CPU);
        return new PredictionEnsemble(encoder, [.. Enumerable.Range(0, EnsembleSize).Select(_ => CreateNetwork(encoder.Width, generator, null))]);
    }

    /// <summary>Creates an encoder whose scales and bins are yet to be read.</summary>
    public FeatureEncoder CreateEncoder() => ReadsImages ? new ImageEncoder(FeatureCount)
        : SlotCount > 0 ? new SparseEncoder(SlotCount)
        : new BinEncoder(FeatureCount, BinCount);

    /// <summary>Creates a network with random weights.</summary>
    /// <param name="inputWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each network of a stack; null for one network.</param>
    public abstract PredictionNetwork CreateNetwork(int inputWidth, Generator generator, double[]? stackedDropout);

    /// <summary>The architecture of networks whose inputs come from an encoder.</summary>
    public PredictionArchitecture With(FeatureEncoder encoder) => encoder switch
    {
        BinEncoder bins => this with { BinCount = bins.BinCount },
        SparseEncoder sparse => this with { SlotCount = sparse.Width },
        _ => this,
    };

    /// <summary>An architecture of another's sizes, whose networks are solved as this one says.</summary>
    public abstract PredictionArchitecture With(PredictionArchitecture sizes);

    public void Write(DocumentWriter writer)
    {
        writer.Write("image_channels", Image.Channels);
        writer.Write("image_height", Image.Height);
        writer.Write("image_width", Image.Width);
        writer.Write("features", FeatureCount);
        writer.Write("bins", BinCount);
        writer.Write("slots", SlotCount);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("outputs", OutputWidth);
        writer.Write("networks", EnsembleSize);
        WriteNetwork(writer);
    }

    /// <summary>Writes what the kind of network adds.</summary>
    protected abstract void WriteNetwork(DocumentWriter writer);

    protected static ImageShape ReadImage(DocumentReader reader) => new(reader.Int32("image_channels"), reader.Int32("image_height"), reader.Int32("image_width"));

    /// <exception cref="FormatException">The sizes are impossible, or make more weights than the file has room for.</exception>
    protected static TArchitecture Checked<TArchitecture>(TArchitecture architecture, DocumentReader reader)
        where TArchitecture : PredictionArchitecture =>
        architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");

    /// <exception cref="ArgumentException">The images are of another size than the feature vector.</exception>
    protected void CheckImages(PredictionTrainerOptions options)
    {
        if (ReadsImages && Image.Length != FeatureCount)
        {
            throw new ArgumentException(
                $"Image is {Image.Channels} x {Image.Height} x {Image.Width}, which is {Image.Length} values, but column '{options.FeatureColumnName}' holds {FeatureCount}.", nameof(options));
        }
    }

    /// <summary>Whether what the kind of network adds is possible.</summary>
    protected abstract bool IsPlausibleNetwork { get; }

    /// <summary>A lower bound on the weights of one network of possible sizes.</summary>
    protected abstract Int128 LeastWeights { get; }

    /// <summary>Numbers that a dense network's first layer weighs for each unit.</summary>
    protected long InputCount => SlotCount > 0 ? SlotCount : (long)FeatureCount + BinCount;

    // Every weight stands in the file as a number of four bytes, so sizes that make more weights than it has room for are refused
    // before anything is allocated for them. A lower bound on the weights is enough.
    private bool IsPlausible(long tensorBytes)
    {
        return FeatureCount > 0 && BinCount >= 0 && SlotCount >= 0 && SlotCount <= FeatureCount && HiddenWidth > 0 && OutputWidth > 0
            && EnsembleSize is >= 1 and <= PredictionTrainerOptions.MaximumEnsembleSize
            && (SlotCount > 0 || FeatureCount <= tensorBytes / sizeof(float))
            && BinCount <= tensorBytes / sizeof(float)
            && (!ReadsImages || HoldsImages())
            && IsPlausibleNetwork
            && LeastWeights <= tensorBytes / sizeof(float) / EnsembleSize;

        bool HoldsImages() => Image is { Channels: > 0, Height: > 0, Width: > 0 } && (Int128)Image.Channels * Image.Height * Image.Width == FeatureCount;
    }
}
