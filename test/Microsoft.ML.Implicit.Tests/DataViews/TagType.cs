using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>A column type of which ML.NET knows nothing.</summary>
internal sealed class TagType() : StructuredDataViewType(typeof(Tag))
{
    public override bool Equals(DataViewType? other) => other is TagType;
}
