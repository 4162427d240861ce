export function Button(props: Props) {
  return <Label text={format(props.text)} />;
}
